// /rpc of PostgREST alone, used by a client library: arguments by name, answers
// as at the exact routes, errors as objects.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { PostgrestClient } from '@supabase/postgrest-js';
import { assertRpcError, operations } from './lib/contract.mjs';
import { postgrest, request } from './lib/http.mjs';
import { createOrganization, grant, randomName, validBodies } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});

const clientOf = user =>
    new PostgrestClient(postgrest.href.replace(/\/$/, ''), {
        headers: user ? { Authorization: `Bearer ${organization.token(user)}` } : {},
    });

const call = (name, body, user = 'admin') => clientOf(user).rpc(name, { organization: organization.name, ...body });

async function succeeded(result, status) {
    const { data, error, status: got } = await result;
    assert.equal(error, null, JSON.stringify(error));
    assert.equal(got, status);
    return data;
}

async function failed(result, status, code) {
    const { data, error, status: got } = await result;
    assert.equal(data, null);
    assert.equal(got, status, JSON.stringify(error));
    const { message, details, hint } = error;
    assert.equal(error.code, code, JSON.stringify(error));
    assert.ok(typeof message === 'string' && message);
    for (const text of [details, hint]) assert.ok(text === null || (typeof text === 'string' && text));
    return error;
}

test('the life of a role', async () => {
    const role_name = randomName('role');
    const body = { ...validBodies.create_role(), role_name };
    const { role_id } = await succeeded(call('create_role', body), 201);
    assert.deepEqual(await succeeded(call('modify_role', { role_name, description: 'Changed' }), 200), { role_id });
    assert.deepEqual(await succeeded(call('assign_role', { role_name, user_id: 'bob' }), 200), { role_id });
    const { roles } = await succeeded(call('get_roles', { name: [role_name], return_permission_grants: true }), 200);
    const { frontend_view, permission_grants } = body;
    assert.deepEqual(roles, [
        { id: role_id, name: role_name, description: 'Changed', frontend_view, permission_grants },
    ]);
    assert.equal(await succeeded(call('revoke_role', { role_name, user_id: 'bob' }), 204), null);
});

test('temporary grants', async () => {
    const created = await succeeded(
        call('create_temporary_permission_grant', validBodies.create_temporary_permission_grant()),
        201,
    );
    const id = [created.temporary_permission_grant_id];
    const listed = await succeeded(
        call('get_temporary_permission_grants', { id, sort_by: ['+user_id'], tag: ['ticket:*'] }),
        200,
    );
    assert.deepEqual(
        listed.temporary_permission_grants.map(g => [g._id, g.expires_at]),
        [[id[0], created.expires_at]],
    );
    assert.deepEqual([listed.has_more, listed.continuation_token], [false, null]);
});

test('arrays are taken as they are', async () => {
    const names = ['Comma,Name', 'Quote"Name', '{braces}', 'back\\slash', 'NULL'];
    for (const name of names) await organization.addRole(name);
    const { roles } = await succeeded(call('get_roles', { name: names }), 200);
    assert.deepEqual(roles.map(role => role.name).sort(), names.sort());
});

test('questions', async () => {
    const question = { user_id: 'ann', permission: 'Document:Read', attributes: { region: 'eu' } };
    assert.equal(await succeeded(call('check_access', question), 200), true);
    assert.equal(await succeeded(call('check_access', { ...question, attributes: { region: 'us' } }), 200), false);
    const privileges = await succeeded(call('user_privileges', { user_id: 'ann' }), 200);
    assert.equal(privileges[0].permission_name, 'Document:Read');
});

test('errors are objects with the SQLSTATE', async () => {
    await failed(call('modify_role', { role_name: 'Reader', description: 'x' }, 'bob'), 403, '42501');
    await failed(call('modify_role', { role_name: 'No such role' }), 404, '42704');
    await failed(call('get_roles', { organization: 'no-such-organization' }), 404, '42704');
    await failed(call('create_role', { ...validBodies.create_role(), role_name: 'Reader' }), 409, '42710');
    await failed(call('get_roles', { id: ['x'] }), 422, '22023');
    await failed(call('get_roles', {}, null), 401, '28000');
    await organization.addRole('Base', [], { isBase: true });
    await failed(call('modify_role', { role_name: 'Base', inherited_from: ['Reader'] }), 400, '42P17');
    const error = await failed(call('create_role', { ...validBodies.create_role(), description: ' ' }), 422, '22023');
    assert.match(error.message, /argument "description"/);
});

test('an unknown argument is 422 with its name', async () => {
    for (const name of Object.keys(operations)) {
        const body = { role_name: 'Reader', ...validBodies[name](), nonsense: 1 };
        const error = await failed(call(name, body), 422, '22023');
        assert.match(error.message, /unknown argument "nonsense"/);
    }
});

test('a missing argument is 422 with its name', async () => {
    for (const [name, missing] of [
        ['create_role', 'role_name'],
        ['assign_role', 'user_id'],
        ['modify_role', 'role_name'],
        ['create_temporary_permission_grant', 'tags'],
    ]) {
        const { [missing]: left, ...body } = {
            ...validBodies[name](),
            ...(name.endsWith('_role') && { role_name: 'Reader' }),
        };
        const error = await failed(call(name, body), 422, '22023');
        assert.match(error.message, new RegExp(`missing argument "${missing}"`));
    }
    assertRpcError(await organization.rpc('get_roles', {}), 422, '22023');
});

test('null for what is required', async () => {
    await failed(call('create_role', { ...validBodies.create_role(), frontend_view: null }), 422, '22023');
    await failed(call('get_roles', { organization: null }), 422, '22023');
});

test('a body that is an array or a scalar', async () => {
    for (const body of ['[]', '[{"organization":"x","nonsense":1}]', '"x"', '5', 'null']) {
        assertRpcError(await organization.rpc('get_roles', body), 422, '22023');
    }
});

// These never become a call: neither the caller nor the organization matters.
test('what PostgREST cannot make a call of is a 400 of its own', async t => {
    const bodies = {
        '{"return_permission_grants":"maybe"}': ['get_roles', '22P02'],
        '{"return_permission_grants":[]}': ['get_roles', '22P02'],
        '{"limit":"x"}': ['get_temporary_permission_grants', '22P02'],
        '{"limit":1.5}': ['get_temporary_permission_grants', '22P02'],
        '{"limit":99999999999}': ['get_temporary_permission_grants', '22003'],
        '{"id":"x"}': ['get_roles', '22P02'],
        '{"id":5}': ['get_roles', '22P02'],
        '{"name":["\\u0000"]}': ['get_roles', '22P05'],
        '{"name":["\\ud800"]}': ['get_roles', 'PGRST102'],
        '{"name":["\xff"]}': ['get_roles', 'PGRST102'],
        '{"name":': ['get_roles', 'PGRST102'],
        '{"name":[]}}': ['get_roles', 'PGRST102'],
        '': ['get_roles', '22P02'],
    };
    for (const [text, [name, code]] of Object.entries(bodies)) {
        const body = Buffer.from(text.replace(/^\{/, `{"organization":"${organization.name}",`), 'latin1');
        await t.test(text, async () => {
            for (const headers of [{}, { Authorization: '' }]) {
                assertRpcError(await organization.rpc(name, body, { headers }), 400, code);
            }
        });
    }
});

test('reading by GET, writing not', async () => {
    const headers = { Authorization: `Bearer ${organization.token('admin')}` };
    const search = `organization=${organization.name}`;
    assert.equal((await request('GET', `/rpc/get_roles?${search}`, { headers, server: postgrest })).status, 200);
    const written = await request('GET', `/rpc/modify_role?${search}&role_name=Reader&description=By+GET`, {
        headers,
        server: postgrest,
    });
    assertRpcError(written, 405, '25006');
    const { roles } = await succeeded(call('get_roles', { name: ['Reader'] }), 200);
    assert.equal(roles[0].description, 'Role Reader');
});

test('nothing else is exposed', async () => {
    assertRpcError(await organization.rpc('no_such_operation', {}), 404, 'PGRST202');
    const headers = { Authorization: `Bearer ${organization.token('admin')}` };
    for (const target of [
        '/organization',
        '/role',
        '/rate_limit',
        '/audit_event',
        '/api_key',
        '/rpc/set_caller',
        '/rpc/authenticate',
        '/rpc/has_permission',
        '/rpc/begin_request',
        '/rpc/count_request',
        '/rpc/api_create_role',
    ]) {
        for (const profile of [
            {},
            { 'Accept-Profile': 'rbac', 'Content-Profile': 'rbac' },
            { 'Accept-Profile': 'rbac_internal', 'Content-Profile': 'rbac_internal' },
        ]) {
            for (const method of ['GET', 'POST']) {
                const { status } = await request(method, target, {
                    server: postgrest,
                    body: method === 'POST' ? '{}' : undefined,
                    headers: { ...headers, ...profile },
                });
                assert.ok(
                    [401, 403, 404, 406].includes(status),
                    `${method} ${target} ${JSON.stringify(profile)}: ${status}`,
                );
            }
        }
    }
});

test('the system does not act over HTTP', async () => {
    await failed(call('create_organization', { organization: randomName('http') }), 403, '42501');
    await failed(call('modify_organization', { settings: { operator: true } }), 403, '42501');
    const { data, error, status } = await clientOf('admin').rpc('define_permission', { permission_name: 'A:B' });
    assert.deepEqual([data, status, error.code], [null, 403, '42501']);
});

test('every function of the schema refuses nobody', async () => {
    const root = await request('GET', '/', { server: postgrest });
    const functions = Object.keys(root.body.paths).filter(target => target.startsWith('/rpc/'));
    assert.ok(functions.length > 6);
    for (const target of functions) {
        const { status } = await request('POST', target, {
            server: postgrest,
            body: { organization: organization.name, nonsense: 1 },
        });
        assert.ok(status === 401 || (target === '/rpc/sign_in_with_api_key' && status === 422), `${target}: ${status}`);
    }
});

test('dry runs, other roles and other headers are for nobody', async () => {
    const headers = { Prefer: 'tx=rollback', 'X-Role': 'postgres', Role: 'postgres' };
    const body = { organization: organization.name, ...validBodies.create_role() };
    const created = await organization.rpc('create_role', body, { headers });
    assert.equal(created.status, 201);
    const { roles } = await succeeded(call('get_roles', { name: [body.role_name] }), 200);
    assert.equal(roles.length, 1);
});

test('large numbers and deep documents', async () => {
    const pages = { type: 'In', values: [1] };
    const text = JSON.stringify({
        organization: organization.name,
        ...validBodies.create_role(),
        permission_grants: [{ permission_name: 'Document:Read', conditions: { pages } }],
    });
    const huge = await organization.rpc('create_role', text.replace('[1]', `[${'9'.repeat(500)}]`));
    assert.equal(huge.status, 201, huge.text);
    assertRpcError(await organization.rpc('create_role', text.replace('[1]', '[1e999999]')), 422);
    assertRpcError(
        await organization.rpc('create_role', text.replace('[1]', `${'['.repeat(5000)}${']'.repeat(5000)}`)),
        422,
    );
});

test('duplicate keys inside a grant are refused', async () => {
    const text = JSON.stringify({
        organization: organization.name,
        ...validBodies.create_role(),
        permission_grants: [grant('Document:Read')],
    });
    const doubled = text.replace(
        '"permission_name":"Document:Read"',
        '"permission_name":"Document:Read","permission_name":"Document:Write"',
    );
    assertRpcError(await organization.rpc('create_role', doubled), 422, '22P02');
});

test('of two arguments with one name the last one counts', async () => {
    const body = `{"organization":"no-such-organization","organization":"${organization.name}"}`;
    assert.equal((await organization.rpc('get_roles', body)).status, 200);
});

test('duplicate keys inside other documents, too', async () => {
    const doubled = { check_access: 'attributes', modify_organization: 'settings', define_permission: 'attributes' };
    const others = { check_access: { user_id: 'ann', permission: 'Document:Read' } };
    for (const [name, argument] of Object.entries(doubled)) {
        const own = name === 'define_permission' ? { permission_name: 'A:B' } : { organization: organization.name };
        const text = JSON.stringify({ ...own, ...others[name], [argument]: {} });
        const response = await organization.rpc(name, text.replace('{}', '{"a":"string","a":"number"}'));
        assertRpcError(response, 422, '22023');
        assert.match(response.body.message, new RegExp(`argument "${argument}": duplicate key "a"`));
    }
});
