// Bearer, Basic and X-ORG-ID at every operation.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { allOperations, assertError, assertErrorOf, assertSuccess } from './lib/contract.mjs';
import { examples } from './lib/examples.mjs';
import { exchange, request } from './lib/http.mjs';
import { createOrganization, path, target } from './lib/organization.mjs';
import { basic, sign, token } from './lib/token.mjs';

const names = Object.keys(allOperations);
let organization;
// requests that are never done
const prepared = {};
before(async () => {
    organization = await createOrganization();
    for (const name of names) prepared[name] = await examples[name](organization);
});

const deliver = (name, example, headers) =>
    request(allOperations[name].method, target(name, example), { body: example.body, headers });
const send = async (name, headers) => deliver(name, await examples[name](organization), headers);

async function accepted(headers) {
    for (const name of names) assertSuccess(name, await send(name, headers));
}

async function refused(headers) {
    for (const name of names) assertErrorOf(name, await deliver(name, prepared[name], headers), 401);
}

test('nobody', () => refused({}));

test('Bearer, whatever its case', async () => {
    const good = organization.token('admin');
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) await accepted({ Authorization: `${scheme} ${good}` });
});

test('other schemes, and none', async t => {
    const good = organization.token('admin');
    const values = [
        '',
        'Bearer',
        'Bearer ',
        good,
        `Token ${good}`,
        `Digest ${good}`,
        `Bearer ${good} x`,
        `Bearer,${good}`,
        `Bearer "${good}"`,
    ];
    for (const value of values) {
        await t.test(JSON.stringify(value.replace(good, 'TOKEN')), () => refused({ Authorization: value }));
    }
});

test('Basic is organization and user, and the token', () =>
    accepted({ Authorization: basic(`${organization.name}_admin`, organization.token('admin')) }));

test('Basic of a user id with underscores, colons and letters of the world', async () => {
    for (const user of ['_a_b_', 'x:y', 'Zoë', 'a b']) {
        await organization.addUser(user);
        const headers = { Authorization: basic(`${organization.name}_${user}`, organization.token(user)) };
        assertSuccess('get_roles', await send('get_roles', headers));
    }
});

test('Basic that does not fit', async t => {
    const good = organization.token('admin');
    const values = {
        'another user': basic(`${organization.name}_ann`, good),
        'another organization': basic('other_admin', good),
        'user only': basic('admin', good),
        'no user': basic('', good),
        'another separator': basic(`${organization.name}-admin`, good),
        'a prefix': basic(`${organization.name}_admi`, good),
        'another case': basic(`${organization.name}_Admin`, good),
        'no password': basic(`${organization.name}_admin`, ''),
        'no colon': `Basic ${Buffer.from(`${organization.name}_admin`).toString('base64')}`,
        'password that is no token': basic(`${organization.name}_admin`, 'secret'),
        'unsigned token': basic(`${organization.name}_admin`, good.replace(/[^.]*$/, '')),
        'forged token': basic(
            `${organization.name}_admin`,
            sign({ alg: 'HS256' }, { org_id: organization.name, sub: 'admin' }, { secret: 'x'.repeat(40) }),
        ),
        'undefined user': basic('undefined_undefined', sign({ alg: 'HS256' }, {})),
        'no base64': 'Basic !!!!',
        nothing: 'Basic ',
        'base64 of nothing': 'Basic Og==',
        'a line break': basic(`${organization.name}_admin`, `${good}\r\nX-Evil: 1`),
        'token instead of base64': `Basic ${good}`,
    };
    for (const [name, value] of Object.entries(values)) {
        await t.test(name, () => refused({ Authorization: value }));
    }
});

test('X-ORG-ID is the organization of the token', async () => {
    const Authorization = `Bearer ${organization.token('admin')}`;
    await accepted({ Authorization, 'X-ORG-ID': organization.name });
    for (const value of [
        'other',
        `${organization.name} x`,
        organization.name.toUpperCase(),
        '*',
        `${organization.name},${organization.name}`,
    ]) {
        await refused({ Authorization, 'X-ORG-ID': value });
    }
    await refused({ 'X-ORG-ID': organization.name });
});

test('X-ORG-ID of a token for another organization than that in the path', async () => {
    const other = await createOrganization({ operator: true });
    const headers = { Authorization: `Bearer ${other.token('admin')}`, 'X-ORG-ID': other.name };
    assertSuccess('assign_role', await organization.call('assign_role', { headers, body: { user_id: 'bob' } }));
    assertError(
        await organization.call('assign_role', {
            headers: { ...headers, 'X-ORG-ID': organization.name },
            body: { user_id: 'bob' },
        }),
        401,
    );
});

test('claims cannot be sent as anything but a token', async () => {
    await refused({ 'request.jwt.claims': JSON.stringify({ org_id: organization.name, sub: 'admin' }) });
    await refused({ Cookie: `token=${organization.token('admin')}`, 'X-Forwarded-User': 'admin' });
});

test('a token in the query or the body is none', async () => {
    const path_ = `${path('get_roles', organization.name)}?access_token=${organization.token('admin')}`;
    assertError(await request('GET', path_), 401);
});

test('two Authorization headers are never more than one caller', async () => {
    const head = user => `Authorization: Bearer ${token(organization.name, user)}\r\n`;
    for (const users of [
        ['bob', 'admin'],
        ['admin', 'bob'],
    ]) {
        const received = await exchange(
            `GET ${path('get_roles', organization.name)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n` +
                `${users.map(head).join('')}\r\n`,
        );
        assert.match(received, /^HTTP\/1\.1 (200|400|401) /);
        assert.equal(received.split('HTTP/1.1 ').length, 2);
    }
});
