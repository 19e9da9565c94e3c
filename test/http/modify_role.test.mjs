// POST /v1/{organization}/role/{role_name}, field by field.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertError, assertSuccess } from './lib/contract.mjs';
import { sql } from './lib/database.mjs';
import { createOrganization, everything, grant, randomName } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});

const eu = grant('Document:Read', { region: 'eu' });
const us = grant('Document:Read', { region: 'us' });

async function addRole(...args) {
    const name = randomName('role');
    return { name, id: await organization.addRole(name, ...args) };
}

const modify = (role, body, options) => organization.call('modify_role', { role, body, ...options });

async function modified(role, body, options) {
    const response = await modify(role, body, options);
    assertSuccess('modify_role', response);
    return response.body.role_id;
}

async function find(name) {
    const response = await organization.call('get_roles', { query: { name, return_permission_grants: true } });
    return response.body.roles[0];
}

test('a description is written in place', async () => {
    const { name, id } = await addRole([eu]);
    assert.equal(await modified(name, { description: '  New text ' }), id);
    assert.equal((await find(name)).description, 'New text');
});

test('what is not specified stays, and null is not specified', async () => {
    const { name, id } = await addRole([eu]);
    const nothing = [{}, { description: null, permission_grants: null, frontend_view: null }];
    const role = await find(name);
    for (const body of nothing) assert.equal(await modified(name, body), id);
    assert.deepEqual(await find(name), role);
});

test('other grants or another view make a new role of the same name', async () => {
    const { name, id } = await addRole([eu]);
    const second = await modified(name, { permission_grants: [eu, us], description: 'Both' });
    const third = await modified(name, { frontend_view: 'admin' });
    assert.equal(new Set([id, second, third]).size, 3);
    assert.deepEqual(await find(name), {
        id: third,
        name,
        description: 'Both',
        frontend_view: 'admin',
        permission_grants: [eu, us],
    });
});

test('grants can be taken away altogether', async () => {
    const { name } = await addRole([eu]);
    await modified(name, { permission_grants: [] });
    assert.deepEqual((await find(name)).permission_grants, []);
});

test('the same value is no modification', async () => {
    const { name, id } = await addRole([eu, us]);
    const oneOf = { permission_name: 'Document:Read', conditions: { region: { type: 'In', values: ['eu'] } } };
    assert.equal(await modified(name, { frontend_view: 'client', permission_grants: [us, oneOf] }), id);
});

test('users of the role are switched to the new one', async () => {
    const { name } = await addRole([eu]);
    const user = await organization.addUser(randomName('user'));
    await organization.assign(name, user);
    await modified(name, { permission_grants: [us] });
    const allowed = await sql`SELECT string_agg(region, ',') FROM unnest(ARRAY['eu', 'us']) AS region
        WHERE rbac.check_access(${organization.name}, ${user}, 'Document:Read', jsonb_build_object('region', region))`;
    assert.equal(allowed, 'us');
});

test('the name in the path is taken as it is', async () => {
    const { name } = await addRole();
    assertError(await modify(`${name} `, { description: 'x' }), 404);
    assertError(await modify(name.toUpperCase(), { description: 'x' }), 404);
    assertError(await modify('x'.repeat(300), { description: 'x' }), 404);
});

test('unsuitable values', async t => {
    const { name, id } = await addRole([eu]);
    const bodies = {
        description: [' ', ''],
        frontend_view: ['ADMIN', ''],
        permission_grants: [[grant('Document:Burn')], [grant('Document:Read', { pages: 'x' })], [{}], [null]],
    };
    for (const [key, values] of Object.entries(bodies)) {
        for (const value of values) {
            await t.test(`${key}: ${JSON.stringify(value)}`, async () =>
                assertError(await modify(name, { [key]: value }), 422, ['body', key]),
            );
        }
    }
    assert.equal((await find(name)).id, id);
});

test('Role:ModifyRole is asked for the role as it is', async () => {
    const { name } = await addRole();
    await organization.addHolder('clerk', [
        grant('Role:ModifyRole', { role_name: name, frontend_view: 'client' }),
        grant('Document:Read'),
    ]);
    const options = { user: 'clerk' };
    assertError(await modify('Reader', { description: 'x' }, options), 403);
    await modified(name, { description: 'By the clerk' }, options);
    await modified(name, { permission_grants: [eu] }, options);
    await modified(name, { frontend_view: 'admin' }, options);
    assertError(await modify(name, { frontend_view: 'client' }, options), 403);
});

test('a new version takes more privileges than it gives', async () => {
    const { name, id } = await addRole([eu]);
    await organization.addHolder('lesser', [grant('Role:ModifyRole'), eu]);
    const options = { user: 'lesser' };
    for (const grants of [[us], [grant('Document:Read')], everything]) {
        assertError(await modify(name, { permission_grants: grants }, options), 403);
    }
    assert.equal((await find(name)).id, id);
    await modified(name, { permission_grants: [] }, options);
    assertError(await modify('role of admin', { frontend_view: 'admin' }), 403);
});

test('base roles cannot inherit', async () => {
    const { name } = await addRole([], { isBase: true });
    const response = await modify(name, { inherited_from: ['Reader'] });
    assertError(response, 400);
    assert.equal(response.body.detail, 'Base roles cannot inherit from other roles.');
});

test('an inherited role has to exist', async () => {
    const { name } = await addRole();
    assertError(await modify(name, { inherited_from: ['No such role'] }), 404);
    await modified(name, { inherited_from: ['Reader'] });
});
