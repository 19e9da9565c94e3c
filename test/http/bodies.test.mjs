// Bodies as such: what is JSON, how large, which keys.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
    allOperations,
    assertError,
    assertErrorOf,
    assertSuccess,
    invalidStatus,
    operations,
} from './lib/contract.mjs';
import { examples, send as sendExample } from './lib/examples.mjs';
import { createOrganization, randomName, validBodies } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});

const writers = Object.keys(allOperations).filter(name => allOperations[name].request);

// The text of a JSON object with more text inside it, at its end.
const spliced = (body, text) => `${JSON.stringify(body).slice(0, -1)},${text}}`;

for (const name of writers) {
    const send = (body, headers) => sendExample(organization, name, { body, headers });
    const validBody = async () => (await examples[name](organization)).body;
    const assertInvalid = response => assertErrorOf(name, response, invalidStatus(name), ['body']);

    test(`${name}: malformed JSON`, async t => {
        const body = await validBody();
        const valid = JSON.stringify(body);
        const bodies = {
            'half an object': valid.slice(0, -2),
            'something behind': `${valid}x`,
            'two objects': `${valid}${valid}`,
            'trailing comma': spliced(body, ''),
            'single quotes': valid.replaceAll('"', "'"),
            'unquoted key': spliced(body, 'x:1'),
            'not a number': spliced(body, '"x":NaN'),
            'raw control character': spliced(body, '"x":"\u0001"'),
            'invalid UTF-8': Buffer.from(spliced(body, '"x":"\xff"'), 'latin1'),
            'byte order mark': `\ufeff${valid}`,
            comment: `/* */${valid}`,
            'deep nesting': spliced(body, `"x":${'['.repeat(100000)}`),
        };
        for (const [problem, text] of Object.entries(bodies)) {
            await t.test(problem, async () => assertInvalid(await send(text)));
        }
    });

    test(`${name}: JSON, but not an object`, async () => {
        for (const body of ['[]', 'null', '"x"', '5', 'true', `[${JSON.stringify(await validBody())}]`]) {
            assertInvalid(await send(body));
        }
    });

    test(`${name}: too large`, async () => {
        assertInvalid(await send(spliced(await validBody(), `"x":"${'x'.repeat(20_000_000)}"`)));
    });

    test(`${name}: not application/json`, async () => {
        const body = JSON.stringify(await validBody());
        for (const type of [
            'text/plain',
            'application/x-www-form-urlencoded',
            'multipart/form-data; boundary=x',
            'text/csv',
        ]) {
            assertInvalid(await send(body, { 'Content-Type': type }));
        }
        for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON']) {
            const response = await send(await validBody(), { 'Content-Type': type });
            assertSuccess(name, response);
        }
    });

    test(`${name}: what the client accepts and prefers changes nothing`, async () => {
        for (const headers of [
            { Accept: 'text/html' },
            { Accept: 'text/csv' },
            { Prefer: 'tx=rollback, return=minimal' },
            { 'Accept-Profile': 'pg_catalog', 'Content-Profile': 'rbac' },
            { Range: 'items=5-6' },
            { 'X-HTTP-Method-Override': 'DELETE' },
        ]) {
            assertSuccess(name, await send(await validBody(), headers));
        }
    });

    test(`${name}: unknown keys are ignored`, async () => {
        const body = {
            ...(await validBody()),
            unknown: { deep: [1] },
            '': null,
            __proto__x: 1,
            'a"b,c': 2,
            constructor: 1,
        };
        assertSuccess(name, await send(body));
        assertSuccess(name, await send(spliced(await validBody(), '"__proto__":{"a":1},"toString":2')));
    });
}

for (const name of Object.keys(operations).filter(operation => operations[operation].request)) {
    test(`${name}: the path is not overridden by the body`, async () => {
        const other = await createOrganization();
        for (const text of [
            `"organization":"${other.name}"`,
            '"role_name":"No such role","organization":"no such organization"',
        ]) {
            const body = name === 'create_role' ? text.replace(/"role_name":"[^"]*",/, '') : text;
            assertSuccess(name, await organization.call(name, { body: spliced(validBodies[name](), body) }));
        }
    });
}

test('the path of the other APIs is not overridden either', async () => {
    for (const name of ['modify_scoped_role', 'modify_application_role', 'assign_application_role']) {
        const { body, ...example } = await examples[name](organization);
        const text = spliced(body, '"role_id":"no such role","app_id":"no such application","organization":"x"');
        assertSuccess(name, await organization.send(name, example, { body: text }));
    }
});

test('an empty body', async () => {
    for (const name of writers) {
        for (const body of ['', '{}', ' {\n} ']) {
            const response = await sendExample(organization, name, { body });
            if (name.startsWith('modify_')) assertSuccess(name, response);
            else assertErrorOf(name, response, invalidStatus(name), ['body']);
        }
    }
});

test('of two keys with one name the last one counts', async () => {
    const role_name = randomName('last');
    const { role_name: first, ...rest } = validBodies.create_role();
    const body = `{"role_name":${JSON.stringify(first)},${JSON.stringify({ role_name, ...rest }).slice(1)}`;
    assertSuccess('create_role', await organization.call('create_role', { body }));
    const listed = await organization.call('get_roles', { query: { name: [first, role_name] } });
    assert.deepEqual(
        listed.body.roles.map(role => role.name),
        [role_name],
    );
});

test('of two tags with one name none counts', async () => {
    const body = JSON.stringify(validBodies.create_temporary_permission_grant());
    assertError(
        await organization.call('create_temporary_permission_grant', {
            body: body.replace('"tags":{', '"tags":{"ticket":"A 16",'),
        }),
        422,
        ['body', 'tags'],
    );
});

test('numbers keep all their digits', async () => {
    const { permission_grants, ...body } = validBodies.create_role();
    const pages = '[12345678901234567890.123456789,1.10]';
    const text = spliced(
        body,
        `"permission_grants":[{"permission_name":"Document:Read",
        "conditions":{"pages":{"type":"In","values":${pages}}}}]`,
    );
    assertSuccess('create_role', await organization.call('create_role', { body: text }));
    const listed = await organization.call('get_roles', {
        query: { name: body.role_name, return_permission_grants: true },
    });
    assert.match(listed.text, /12345678901234567890\.123456789/);
});

test('a body in chunks', async () => {
    const body = JSON.stringify(validBodies.create_role());
    const headers = { 'Transfer-Encoding': 'chunked' };
    assertSuccess('create_role', await organization.call('create_role', { body, headers }));
});

test('a large body is no problem as such', async () => {
    const grants = Array.from({ length: 5000 }, (_, i) => ({
        permission_name: 'Document:Read',
        conditions: { region: { type: 'Equals', value: `region ${i}` } },
    }));
    const body = { ...validBodies.create_role(), permission_grants: grants };
    assertSuccess('create_role', await organization.call('create_role', { body }));
    const query = { name: body.role_name, return_permission_grants: true };
    const listed = await organization.call('get_roles', { query });
    assert.equal(listed.body.roles[0].permission_grants.length, 5000);
});

test('a NUL character is no text', async () => {
    const body = JSON.stringify({ ...validBodies.create_role(), description: 'a\0b' });
    assertError(await organization.call('create_role', { body }), 422, ['body']);
    assertError(await organization.call('assign_role', { body: '{"user_id":"a\\u0000"}' }), 422, ['body']);
    assertError(await organization.call('assign_role', { body: '{"user_id":"\\ud800"}' }), 422, ['body']);
});
