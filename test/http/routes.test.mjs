// Which paths and methods there are, and what the others answer.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { allOperations, assertError, assertErrorOf, assertSuccess, operations } from './lib/contract.mjs';
import { exchange, request } from './lib/http.mjs';
import { createOrganization, fill, path, validBodies } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});

const send = (method, target, options = {}) =>
    request(method, target, {
        ...options,
        headers: { Authorization: `Bearer ${organization.token('admin')}`, ...options.headers },
    });
const names = Object.keys(operations);
const everyName = Object.keys(allOperations);
const namesAt = template => everyName.filter(name => allOperations[name].path === template);

test('other methods are 405 with those that there are', async t => {
    const parameters = { organization: organization.name, role_name: 'x', role_id: 'x', app_id: 'x', entity_id: 'x' };
    for (const template of new Set(everyName.map(name => allOperations[name].path))) {
        const [name] = namesAt(template);
        const expected = namesAt(template).map(other => allOperations[other].method);
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(m => !expected.includes(m))) {
            await t.test(`${method} ${template}`, async () => {
                const response = await send(method, fill(template, parameters));
                assertErrorOf(name, response, 405);
                const allowed = response.headers.allow.split(/, */).filter(m => !['HEAD', 'OPTIONS'].includes(m));
                assert.deepEqual(allowed.sort(), expected.sort());
            });
        }
    }
});

test('methods that nobody knows', async () => {
    for (const method of ['PROPFIND', 'LINK', 'TRACE']) {
        const response = await send(method, path('get_roles', organization.name));
        assert.ok([400, 405, 501].includes(response.status), String(response.status));
    }
});

test('OPTIONS tells the methods', async () => {
    const paths = {
        [path('get_roles', organization.name)]: 'GET, HEAD, OPTIONS, POST',
        '/roles': 'OPTIONS, POST',
        '/roles/x': 'DELETE, GET, HEAD, OPTIONS, PATCH',
        '/roles/x/assignments': 'DELETE, GET, HEAD, OPTIONS, POST',
        '/v1/applications/x/roles': 'GET, HEAD, OPTIONS, POST',
        '/v1/applications/x/roles/x': 'DELETE, GET, HEAD, OPTIONS, PUT',
        '/v1/applications/x/roles/x/assignments': 'OPTIONS, POST',
        '/v1/applications/x/roles/x/assignments/x': 'DELETE, OPTIONS',
    };
    for (const [target, methods] of Object.entries(paths)) {
        const response = await send('OPTIONS', target);
        assert.equal(response.status, 204);
        assert.equal(response.headers.allow.split(', ').sort().join(', '), methods);
    }
});

// Both paths fit: to an application the organization's role would be "roles".
test('what is written in a path counts before what stands for anything', async () => {
    const applications = await createOrganization();
    assertErrorOf('create_application_role', await applications.send('create_application_role', {
        parameters: { app_id: 'role' },
        body: { role_name: 'x' },
    }), 404);
    const other = await send('POST', '/v1/applications/role/other', { body: {} });
    assertError(other, 404);
    assert.equal(other.body.detail, 'organization "applications" does not exist');
    assert.deepEqual((await send('POST', '/v1/%61pplications/role/roles', { body: {} })).body, other.body);
});

test('HEAD is GET without a body', async () => {
    const response = await send('HEAD', path('get_roles', organization.name));
    assert.equal(response.status, 200);
    assert.equal(response.text, '');
});

test('unknown routes are 404', async t => {
    const base = `/v1/${organization.name}`;
    const targets = [
        '/',
        '/v1',
        '/v1/',
        base,
        `${base}/`,
        `${base}/roles/`,
        `${base}/role/Reader/assign/x`,
        `${base}/role/Reader/revoke`,
        `/v2/${organization.name}/role/`,
        `/V1/${organization.name}/role/`,
        `/v1//role/`,
        `//v1/${organization.name}/role/`,
        `${base}//role/`,
        '/rpc/get_roles',
        '/rpc/',
        '/_rbac_api/get_roles',
        '/_pgrst/rpc/get_roles',
        '/_400',
        '/gateway.js',
        '/nginx.conf',
        '/v1/applications/a',
        '/v1/applications//roles',
        '/v1/applications/a/roles/',
        '/v1/applications/a/roles/b/assignments/',
        '/v1/applications/a/roles/b/assignments/c/d',
        '/roles/',
        '/roles/a/',
        '/roles/a/assignments/b',
        '/v1/roles',
        '/.git/config',
    ];
    for (const target of targets) {
        for (const method of ['GET', 'POST']) {
            await t.test(`${method} ${target}`, async () =>
                assertError(await send(method, target, { body: method === 'POST' ? '{}' : undefined }), 404),
            );
        }
    }
});

test('trailing slashes are as documented', async () => {
    const base = `/v1/${organization.name}/role`;
    const missing = [
        ['GET', base],
        ['POST', base, 'create_role'],
        ['GET', `${base}/temporary_permission_grants`],
    ];
    for (const [method, target, name] of missing) {
        const response = await send(method, target, { body: name && validBodies[name]() });
        assert.ok([307, 404, 405].includes(response.status), `${method} ${target}: ${response.status}`);
    }
    for (const [target, name] of [
        [`${base}/Reader/`, 'modify_role'],
        [`${base}/Reader/assign/`, 'assign_role'],
    ]) {
        const response = await send('POST', target, { body: validBodies[name]() });
        assert.ok([307, 404].includes(response.status), `${target}: ${response.status}`);
    }
});

test('a query on a route that has none is ignored', async () => {
    for (const name of ['create_role', 'modify_role', 'assign_role', 'create_temporary_permission_grant']) {
        const target = `${path(name, organization.name)}?columns=x&select=y&organization=z&role_name=w&user_id=v`;
        assertSuccess(name, await send('POST', target, { body: validBodies[name]() }));
    }
});

test('headers of other times are ignored', async () => {
    const headers = { 'x-mongo-cluster-name': 'cluster-7', 'Sec-WebSocket-Protocol': 'a, b' };
    for (const name of names) {
        assertSuccess(name, await organization.call(name, { body: validBodies[name](), headers }));
        assertSuccess(
            name,
            await organization.call(name, { body: validBodies[name](), headers: { 'x-mongo-cluster-name': '' } }),
        );
    }
});

test('answers tell nothing about the servers behind', async () => {
    for (const name of names) {
        const { headers } = await organization.call(name, { body: validBodies[name]() });
        for (const header of [
            'content-range',
            'content-location',
            'preference-applied',
            'content-profile',
            'x-powered-by',
        ]) {
            assert.equal(headers[header], undefined, header);
        }
        assert.doesNotMatch(headers.server ?? '', /postgrest|\d/i);
    }
});

test('HTTP/1.0 and a target with scheme and host', async () => {
    const head = `Authorization: Bearer ${organization.token('admin')}\r\n`;
    const target = path('get_roles', organization.name);
    assert.match(await exchange(`GET ${target} HTTP/1.0\r\n${head}\r\n`), /^HTTP\/1\.[01] 200 /);
    assert.match(
        await exchange(`GET http://elsewhere.test${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${head}\r\n`),
        /^HTTP\/1\.1 200 /,
    );
});
