// Groups, applications and review, which have no routes of their own: at /rpc.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertRpcError } from './lib/contract.mjs';
import { sql } from './lib/database.mjs';
import { examples, workspace } from './lib/examples.mjs';
import { createOrganization, grant } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});

const rpc = (name, body, options) => organization.rpc(name, { organization: organization.name, ...body }, options);

async function answered(name, body, options) {
    const response = await rpc(name, body, options);
    assert.ok([200, 204].includes(response.status), response.text);
    assert.equal(response.status === 204, response.text === '');
    return response.body;
}

test('the life of a group', async () => {
    const group_id = 'Zoë/"1"';
    await answered('create_group', { group_id });
    assertRpcError(await rpc('create_group', { group_id }), 409, '42710');
    assert.deepEqual(await answered('get_groups'), { groups: [group_id] });
    for (const user_id of ['bob', 'ann', 'bob']) await answered('add_group_member', { group_id, user_id });
    assert.deepEqual(await answered('get_group_members', { group_id }), { members: ['ann', 'bob'] });
    await answered('remove_group_member', { group_id, user_id: 'bob' });
    assertRpcError(await rpc('remove_group_member', { group_id, user_id: 'bob' }), 404, '42704');
    assertRpcError(await rpc('add_group_member', { group_id, user_id: 'nobody' }), 404, '42704');
    assertRpcError(await rpc('add_group_member', { group_id, user_id: 'bob' }, { user: 'ann' }), 403, '42501');
    assertRpcError(await rpc('get_group_members', { group_id }, { user: 'bob' }), 403, '42501');
    assert.deepEqual(await answered('get_groups', {}, { user: 'bob' }), { groups: [] });
    await answered('delete_group', { group_id });
    assertRpcError(await rpc('delete_group', { group_id }), 404, '42704');
    assertRpcError(await rpc('create_group', { group_id: '' }), 422, '22023');
    assertRpcError(await rpc('create_group', {}), 422, '22023');
});

test('the life of an application', async () => {
    await answered('create_application', { app_id: 'Shop' });
    assertRpcError(await rpc('create_application', { app_id: 'Shop' }), 409, '42710');
    assertRpcError(await rpc('create_application', { app_id: 'bob' }), 409, '42710');
    assert.deepEqual(await answered('get_applications'), { applications: ['Shop'] });
    assert.deepEqual(await answered('get_applications', {}, { user: 'bob' }), { applications: [] });
    const role = { app_id: 'Shop', role_name: 'Seller', permissions: ['sell'] };
    assert.equal((await organization.rpc('create_application_role', role)).status, 201);
    await answered('delete_application', { app_id: 'Shop' });
    for (const name of ['delete_application', 'get_application_roles']) {
        assertRpcError(await rpc(name, { app_id: 'Shop' }), 404, '42704');
    }
});

test('review', async () => {
    const role_id = await organization.addScopedRole('workspace', [grant('Document:*')], 'Editor');
    await organization.addGroup('editors', 'ann');
    await sql`SELECT rbac.assign_scoped_role(${role_id}, NULL, 'editors', ${workspace})`;
    await organization.assignScopedRole(role_id, 'bob', workspace);
    assert.deepEqual(await answered('assigned_users', { role_id }), ['bob']);
    assert.deepEqual(await answered('authorized_users', { role_id }), ['ann', 'bob']);
    assert.deepEqual(await answered('assigned_users', { role_name: 'Reader' }), ['ann']);

    const editor = { role_id, role_name: 'Editor', level: 'workspace', app_id: null, workspace_id: workspace, project_id: null };
    assert.deepEqual(await answered('assigned_roles', { user_id: 'bob' }), [editor]);
    const roles = await answered('authorized_roles', { user_id: 'ann' });
    assert.deepEqual(roles.map(role => role.role_name).sort(), ['Editor', 'Reader']);
    const own = grant('Document:Read', { org_id: organization.name, region: 'eu' });
    assert.deepEqual(await answered('role_permissions', { role_name: 'Reader' }), [own]);
    assert.equal((await answered('user_permissions', { user_id: 'ann' }, { user: 'ann' })).length, 2);

    const object = { category: 'Document', attributes: { region: 'eu' } };
    assert.deepEqual(await answered('role_operations_on_object', { role_name: 'Reader', ...object }), ['Read']);
    assert.deepEqual(await answered('user_operations_on_object', { user_id: 'ann', ...object }), ['Read']);
    const there = { category: 'Document', attributes: { workspace_id: workspace } };
    assert.deepEqual(await answered('user_operations_on_object', { user_id: 'bob', ...there }), ['Read', 'Write']);

    for (const name of ['assigned_users', 'authorized_users', 'role_permissions']) {
        assertRpcError(await rpc(name, { role_id }, { user: 'bob' }), 403, '42501');
        assertRpcError(await rpc(name, { role_name: 'None' }), 404, '42704');
        assertRpcError(await rpc(name, {}), 422, '22023');
        assertRpcError(await rpc(name, { role_name: 'Reader', role_id }), 422, '22023');
    }
    for (const name of ['assigned_roles', 'authorized_roles', 'user_permissions']) {
        assertRpcError(await rpc(name, { user_id: 'ann' }, { user: 'bob' }), 403, '42501');
        assertRpcError(await rpc(name, { user_id: 'nobody' }), 404, '42704');
    }
});

test('roles of all levels in one list', async () => {
    const organization_id = organization.name;
    await organization.addScopedRole('project', [grant('Document:Read')], 'Reader');
    const list = async (body, options) => (await organization.rpc('get_scoped_roles', { organization_id, ...body }, options)).body;
    assert.deepEqual(
        (await list({ name: 'Reader' })).map(({ name, level }) => [name, level]),
        [
            ['Reader', 'organization'],
            ['Reader', 'project'],
        ],
    );
    assert.equal((await list({ name: 'Reader', level: 'project' })).length, 1);
    assert.deepEqual(await list({}, { user: 'bob' }), []);
    const invalid = await organization.rpc('get_scoped_roles', { organization_id, level: 'team' });
    assertRpcError(invalid, 422, '22P02');
    assert.match(invalid.body.message, /argument "level"/);
});

test('an error names the argument as the operation has it', async () => {
    const { body } = await examples.create_scoped_role(organization);
    for (const [argument, value] of [
        ['organization_id', null],
        ['name', ''],
        ['permissions', [{ resource_type: 'A', action: 'B' }]],
        ['permissions', [{ resource_type: 'Role', action: 'GetRole', resource_id: 'x' }]],
    ]) {
        const response = await organization.rpc('create_scoped_role', { ...body, [argument]: value });
        assertRpcError(response, 422);
        assert.match(response.body.message, new RegExp(`^invalid value for argument "${argument}": `));
    }
});

test('somebody else sees nothing of it', async () => {
    await organization.addGroup('private');
    await organization.addApplication('private app');
    const other = await createOrganization();
    const options = { headers: { Authorization: `Bearer ${other.token('admin')}` } };
    const arguments_ = { group_id: 'private', app_id: 'private app', user_id: 'ann', role_name: 'Reader' };
    for (const [name, ...names] of [
        ['get_groups'],
        ['get_group_members', 'group_id'],
        ['add_group_member', 'group_id', 'user_id'],
        ['remove_group_member', 'group_id', 'user_id'],
        ['delete_group', 'group_id'],
        ['create_group', 'group_id'],
        ['get_applications'],
        ['create_application', 'app_id'],
        ['delete_application', 'app_id'],
        ['assigned_users', 'role_name'],
        ['authorized_roles', 'user_id'],
    ]) {
        const body = Object.fromEntries(names.map(argument => [argument, arguments_[argument]]));
        const response = await rpc(name, body, options);
        assertRpcError(response, 404, '42704');
        assert.equal(response.body.message, `organization "${organization.name}" does not exist`, name);
    }
});
