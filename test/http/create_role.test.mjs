// POST /v1/{organization}/role/, field by field.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertError, assertSuccess } from './lib/contract.mjs';
import { createOrganization, grant, randomName, validBodies } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});

const valid = changes => ({ ...validBodies.create_role(), ...changes });
const create = (changes, options) => organization.call('create_role', { body: valid(changes), ...options });

async function find(name) {
    const response = await organization.call('get_roles', { query: { name, return_permission_grants: true } });
    return response.body.roles[0];
}

test('what was created can be read', async () => {
    const body = valid({
        frontend_view: 'admin',
        permission_grants: [
            grant('Document:Read', { region: 'eu', secret: false }),
            { permission_name: 'Document:Write', conditions: { pages: { type: 'In', values: [1, 2.5] } } },
            { permission_name: 'Document:*', conditions: { region: { type: 'NotEquals', value: '{self_org_id}' } } },
        ],
    });
    const response = await organization.call('create_role', { body });
    assertSuccess('create_role', response);
    assert.deepEqual(Object.keys(response.body), ['role_id']);
    const { role_name: name, ...rest } = body;
    assert.deepEqual(await find(name), { id: response.body.role_id, name, ...rest });
});

test('a role may grant nothing', async () => assertSuccess('create_role', await create({ permission_grants: [] })));

test('role_name and description are stripped', async () => {
    const name = randomName('stripped');
    assertSuccess(
        'create_role',
        await create({ role_name: `\u00a0\t ${name}\u3000\n`, description: '  inner  space \u2003' }),
    );
    const role = await find(name);
    assert.equal(role.description, 'inner  space');
});

test('role_name has 1 to 256 characters, which are not bytes', async () => {
    assertSuccess('create_role', await create({ role_name: '\u{1f511}'.repeat(256) }));
    for (const role_name of ['', ' \u3000 ', 'x'.repeat(257)]) {
        assertError(await create({ role_name }), 422, ['body', 'role_name']);
    }
});

test('description is not empty', async () => {
    for (const description of ['', ' \n ']) {
        assertError(await create({ description }), 422, ['body', 'description']);
    }
});

test('frontend_view is client or admin', async () => {
    for (const frontend_view of ['Client', 'user', '']) {
        assertError(await create({ frontend_view }), 422, ['body', 'frontend_view']);
    }
});

test('a grant that the registry does not know is a problem of permission_grants', async t => {
    const grants = {
        'unknown permission': grant('Document:Burn'),
        'unknown attribute': grant('Document:Read', { colour: 'red' }),
        'string for number': grant('Document:Read', { pages: '1' }),
        'number for boolean': grant('Document:Read', { secret: 1 }),
        'no type': { permission_name: 'Document:Read', conditions: { region: { value: 'eu' } } },
        'unknown type': { permission_name: 'Document:Read', conditions: { region: { type: 'Like', value: 'e' } } },
        'empty In': { permission_name: 'Document:Read', conditions: { region: { type: 'In', values: [] } } },
        'null value': { permission_name: 'Document:Read', conditions: { region: { type: 'Equals', value: null } } },
        'values of two types': {
            permission_name: 'Document:Read',
            conditions: { region: { type: 'In', values: ['a', 1] } },
        },
    };
    for (const [name, unsuitable] of Object.entries(grants)) {
        await t.test(name, async () =>
            assertError(await create({ permission_grants: [grant('Document:Read'), unsuitable] }), 422, [
                'body',
                'permission_grants',
            ]),
        );
    }
});

test('a name is taken until it differs', async () => {
    const role_name = randomName('Taken');
    assertSuccess('create_role', await create({ role_name }));
    assertError(await create({ role_name }), 409);
    assertError(await create({ role_name: ` ${role_name} ` }), 409);
    assertSuccess('create_role', await create({ role_name: role_name.toLowerCase() }));
});

test('the routes beside roles are no role names', async () => {
    for (const role_name of ['temporary_permission_grant', 'temporary_permission_grants']) {
        assertError(await create({ role_name }), 422, ['body', 'role_name']);
    }
});

test('Role:CreateRole is asked with name and view', async () => {
    const role_name = randomName('allowed');
    await organization.addHolder('clerk', [grant('Role:CreateRole', { role_name, frontend_view: 'client' })]);
    assertError(await create({ role_name, frontend_view: 'admin' }, { user: 'clerk' }), 403);
    assertError(await create({}, { user: 'clerk' }), 403);
    assertSuccess('create_role', await create({ role_name }, { user: 'clerk' }));
});
