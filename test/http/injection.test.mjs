// Text of a client that tries to end a line, a header or an answer: exactly one
// answer comes back, with the headers that answers have and no others.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { allOperations } from './lib/contract.mjs';
import { examples } from './lib/examples.mjs';
import { exchange, gateway, postgrest } from './lib/http.mjs';
import { createOrganization, path, target } from './lib/organization.mjs';
import { basic, token } from './lib/token.mjs';

let organization;
const prepared = {};
before(async () => {
    organization = await createOrganization();
    for (const name of Object.keys(allOperations)) prepared[name] = await examples[name](organization);
});

const payloads = [
    'a\r\nX-Evil: 1',
    'a\nX-Evil: 1',
    'a\rX-Evil: 1',
    'a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    'a\u2028X-Evil: 1',
    'a\u0085X-Evil: 1',
    'a嘊嘍X-Evil: 1',
    'a\0b',
    '\x1b[2J',
    '<script>alert(1)</script>',
    '"}], "detail": "x',
    "'; DROP SCHEMA rbac CASCADE; --",
    '%0d%0aX-Evil: 1',
    '$organization',
    '{self_user_id}',
    '\\r\\nX-Evil: 1',
];
// content-range is PostgREST's, and the gateway's answers are without it.
const headerNames = new Set([
    'date',
    'server',
    'connection',
    'transfer-encoding',
    'content-length',
    'content-type',
    'content-range',
    'allow',
    'www-authenticate',
    'retry-after',
    'x-ratelimit-limit',
    'x-ratelimit-remaining',
    'x-ratelimit-reset',
]);

// What is left behind an answer, whose head is judged.
function readAnswer(bytes, server) {
    const end = bytes.indexOf('\r\n\r\n');
    assert.ok(end > 0, 'a head');
    const [statusLine, ...lines] = bytes.slice(0, end).split('\r\n');
    assert.match(statusLine, /^HTTP\/1\.1 [234]\d\d [A-Za-z' -]*$/);
    const headers = Object.fromEntries(
        lines.map(line => {
            const [, name, value] =
                /^([\w-]+): ([\x20-\x7e]*)$/.exec(line) ?? assert.fail(`header ${JSON.stringify(line)}`);
            return [name.toLowerCase(), value];
        }),
    );
    for (const name of Object.keys(headers)) assert.ok(headerNames.has(name), name);
    assert.ok(server === postgrest || !('content-range' in headers));
    assert.equal(Object.keys(headers).length, lines.length, 'no header twice');
    return readBody(headers, bytes.slice(end + 4));
}

function readBody(headers, bytes) {
    if (headers['transfer-encoding'] === 'chunked') {
        let rest = bytes;
        for (let size = 1; size > 0;) {
            const [line] = rest.split('\r\n', 1);
            size = parseInt(line, 16);
            rest = rest.slice(line.length + 2 + size + 2);
        }
        return rest;
    }
    return bytes.slice(Number(headers['content-length'] ?? 0));
}

async function assertOneAnswer(head, body, server) {
    const length =
        body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`];
    const lines = [head[0], 'Host: localhost', 'Connection: close', ...head.slice(1), ...length, '', ''];
    const rest = readAnswer(await exchange(Buffer.from(lines.join('\r\n') + (body ?? '')), server), server);
    assert.equal(rest, '', 'nothing behind the answer');
}

const authorization = (user = 'admin') => `Authorization: Bearer ${organization.token(user)}`;

async function everyPayload(t, attack) {
    for (const payload of payloads) await t.test(JSON.stringify(payload), () => attack(payload));
}

for (const [name, { method, path: template, query, request }] of Object.entries(allOperations)) {
    if (template.includes('{')) {
        test(`${name}: segments of the path`, t =>
            everyPayload(t, async payload => {
                const example = prepared[name];
                for (const parameter of Object.keys(example.parameters)) {
                    const parameters = { ...example.parameters, [parameter]: payload };
                    const line = `${method} ${target(name, { ...example, parameters })} HTTP/1.1`;
                    await assertOneAnswer([line, authorization()], example.body && JSON.stringify(example.body));
                }
            }));
    }

    if (query) {
        test(`${name}: parameters of the query`, t =>
            everyPayload(t, async payload => {
                for (const parameter of Object.keys(query)) {
                    const changed = { ...prepared[name], query: { [parameter]: payload } };
                    await assertOneAnswer([`${method} ${target(name, changed)} HTTP/1.1`, authorization()]);
                }
            }));
    }

    if (request) {
        test(`${name}: members of the body`, t =>
            everyPayload(t, async payload => {
                const example = prepared[name];
                for (const key of [...Object.keys(example.body), payload]) {
                    const body = JSON.stringify({ ...example.body, [key]: payload });
                    await assertOneAnswer([`${method} ${target(name, example)} HTTP/1.1`, authorization()], body);
                }
            }));
    }

    test(`${name}: arguments at /rpc`, t =>
        everyPayload(t, async payload => {
            const { parameters, query: sent, body: members } = prepared[name];
            const wanted = { ...sent, ...members, ...parameters };
            for (const key of [...Object.keys(wanted), payload]) {
                const body = JSON.stringify({ ...wanted, [key]: payload });
                await assertOneAnswer([`POST /rpc/${name} HTTP/1.1`, authorization()], body, postgrest);
            }
        }));
}

test('claims of a token', t =>
    everyPayload(t, async payload => {
        for (const claims of [{ sub: payload }, { org_id: payload }, { [payload]: payload }]) {
            const header = `Authorization: Bearer ${token(organization.name, 'admin', claims)}`;
            await assertOneAnswer([`GET ${path('get_roles', organization.name)} HTTP/1.1`, header]);
            await assertOneAnswer(
                ['POST /rpc/get_roles HTTP/1.1', header],
                JSON.stringify({ organization: organization.name }),
                postgrest,
            );
        }
    }));

test('username and password of Basic', t =>
    everyPayload(t, async payload => {
        for (const credentials of [
            basic(payload, organization.token('admin')),
            basic(`${organization.name}_admin`, payload),
        ]) {
            await assertOneAnswer([
                `GET ${path('get_roles', organization.name)} HTTP/1.1`,
                `Authorization: ${credentials}`,
            ]);
        }
    }));

test('a header that ends early belongs to the request', async () => {
    const get = `GET ${path('get_roles', organization.name)} HTTP/1.1`;
    await assertOneAnswer([get, authorization(), 'X-ORG-ID: x\nX-Evil: 1']);
    await assertOneAnswer([get, authorization(), 'x-mongo-cluster-name: a\nX-Evil: 1']);
});

test('raw bytes in the request line', async () => {
    for (const target of [
        '/v1/a b/role/',
        '/v1/\xff\xfe/role/',
        '/v1/a\tb/role/',
        '/v1/%ff/role/',
        '/v1/%/role/',
        '/v1/%zz/role/%0',
        '/v1/%c0%ae/role/',
        '/v1/a\x01/role/',
        '/v1/a\x7f/role/',
        '/v1/a/role/#x',
        '/v1/a?/role/',
        `/v1/${'a'.repeat(30000)}/role/`,
    ]) {
        const bytes = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${authorization()}\r\n\r\n`;
        const received = await exchange(Buffer.from(bytes, 'latin1'), gateway);
        assert.match(received, /^HTTP\/1\.1 (400|401|404|405|414|422) /, `${target}: ${received}`);
        assert.equal(readAnswer(received), '', target);
    }
});

test('a request inside the body of another is no request', async () => {
    const inner = `GET ${path('get_roles', organization.name)} HTTP/1.1\r\nHost: x\r\n${authorization()}\r\n\r\n`;
    const post = `POST ${path('create_role', organization.name)} HTTP/1.1`;
    await assertOneAnswer([post, authorization()], inner);
    const smuggled = [
        post,
        'Host: x',
        'Connection: close',
        authorization(),
        'Content-Type: application/json',
        'Content-Length: 5',
        'Transfer-Encoding: chunked',
        '',
        `0\r\n\r\n${inner}`,
    ].join('\r\n');
    const received = await exchange(Buffer.from(smuggled));
    assert.equal(received.split('HTTP/1.1 ').length, 2, received);
});

test('everything is still there', async () => {
    const response = await organization.call('get_roles');
    assert.deepEqual(response.body.roles.filter(role => role.name === 'Reader').length, 1);
});
