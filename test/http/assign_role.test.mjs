// POST /v1/{organization}/role/{role_name}/assign, field by field.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertError, assertSuccess } from './lib/contract.mjs';
import { sql } from './lib/database.mjs';
import { createOrganization, grant, randomName } from './lib/organization.mjs';

let organization;
let reader;
before(async () => {
    organization = await createOrganization();
    reader = await sql`SELECT id FROM rbac.get_roles(${organization.name}, name => '{Reader}')`;
});

const assign = (role, user_id, options) => organization.call('assign_role', { role, body: { user_id }, ...options });

const rolesOf = user => sql`SELECT string_agg(role_name, ',' ORDER BY role_name)
    FROM rbac.assignment JOIN rbac.role USING (role)
    WHERE assignment.organization = ${organization.name} AND principal_id = ${user}`;

test('the response is the id of the role, again and again', async () => {
    for (let i = 0; i < 2; i++) {
        const response = await assign('Reader', 'bob');
        assertSuccess('assign_role', response);
        assert.deepEqual(response.body, { role_id: reader });
    }
    assert.equal(await rolesOf('bob'), 'Reader');
});

test('the role takes the place of the one before', async () => {
    const user = await organization.addUser(randomName('user'));
    await organization.addRole('Writer', [grant('Document:Write')]);
    for (const role of ['Reader', 'Writer']) {
        assertSuccess('assign_role', await assign(role, user));
        assert.equal(await rolesOf(user), role);
    }
});

test('role and user have to exist', async () => {
    assertError(await assign('No such role', 'bob'), 404);
    assertError(await assign('Reader', 'No such user'), 404);
    assertError(await assign('Reader', ''), 404);
});

test('the user is one of the organization in the path', async () => {
    const other = await createOrganization();
    await other.addUser('stranger');
    assertError(await assign('Reader', 'stranger'), 404);
});

test('the caller needs more than the role gives', async () => {
    await organization.addHolder('equal', [grant('Document:Read', { region: 'eu' })]);
    await organization.addHolder('more', [grant('Document:Read')]);
    await organization.addHolder('else', [grant('Document:Write'), grant('Role:ModifyRole')]);
    assertError(await assign('Reader', 'bob', { user: 'equal' }), 403);
    assertError(await assign('Reader', 'bob', { user: 'else' }), 403);
    assertSuccess('assign_role', await assign('Reader', 'bob', { user: 'more' }));
    assertError(await assign('role of admin', 'bob'), 403);
});

test('equal privileges pass where the organization says so', async () => {
    const lenient = await createOrganization({ equal_may_grant: true });
    const options = { role: 'role of admin', body: { user_id: 'bob' } };
    assertSuccess('assign_role', await lenient.call('assign_role', options));
});

test('a user of another organization can do nothing here', async () => {
    const other = await createOrganization();
    const options = { headers: { Authorization: `Bearer ${other.token('admin')}` } };
    assertError(await assign('Reader', 'bob', options), 403);
});

test('a user of an operator organization can', async () => {
    const operator = await createOrganization({ operator: true });
    const headers = { Authorization: `Bearer ${operator.token('admin')}`, 'X-ORG-ID': operator.name };
    assertSuccess('assign_role', await assign('Reader', 'bob', { headers }));
});
