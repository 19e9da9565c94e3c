// GET /v1/{organization}/role/, field by field.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertError, assertSuccess } from './lib/contract.mjs';
import { createOrganization, grant } from './lib/organization.mjs';

const names = ['Comma,Name', 'Quote"Name', 'Reader', 'Writer {x}', 'role of admin'];
const grants = [grant('Document:Write', { region: 'eu', pages: 3 })];
let organization;
const ids = {};

before(async () => {
    organization = await createOrganization();
    ids.comma = await organization.addRole('Comma,Name');
    ids.quote = await organization.addRole('Quote"Name');
    ids.writer = await organization.addRole('Writer {x}', grants, { view: 'admin' });
});

async function list(query, options) {
    const response = await organization.call('get_roles', { query, ...options });
    assertSuccess('get_roles', response);
    return response.body.roles;
}

const namesOf = roles => roles.map(role => role.name).sort();

test('all roles without filters', async () => assert.deepEqual(namesOf(await list()), names));

test('permission_grants is empty unless wanted', async () => {
    for (const query of [{}, { return_permission_grants: false }, { return_permission_grants: 'False' }]) {
        assert.ok((await list(query)).every(role => role.permission_grants.length === 0));
    }
    const [writer] = await list({ name: 'Writer {x}', return_permission_grants: 'true' });
    assert.deepEqual(writer, {
        id: ids.writer,
        name: 'Writer {x}',
        description: 'Role Writer {x}',
        frontend_view: 'admin',
        permission_grants: grants,
    });
});

test('repeated parameters are alternatives, and different ones are all met', async () => {
    assert.deepEqual(namesOf(await list({ id: [ids.comma, ids.writer] })), ['Comma,Name', 'Writer {x}']);
    assert.deepEqual(namesOf(await list({ name: ['Comma,Name', 'Quote"Name'] })), ['Comma,Name', 'Quote"Name']);
    assert.deepEqual(namesOf(await list({ id: [ids.comma, ids.quote], name: ['Reader', 'Quote"Name'] })), [
        'Quote"Name',
    ]);
});

test('a repeated value counts once, an unknown one finds nothing', async () => {
    assert.deepEqual(namesOf(await list({ id: [ids.comma, ids.comma] })), ['Comma,Name']);
    assert.deepEqual(await list({ id: 'f'.repeat(24) }), []);
    assert.deepEqual(await list({ name: ['reader', ''] }), []);
});

test('unsuitable parameters', async t => {
    const queries = {
        return_permission_grants: ['maybe', '2', '', 'null'],
        id: ['abc', 'F'.repeat(24), 'g'.repeat(24), 'a'.repeat(25), '', `${'a'.repeat(24)}\n`, ['a'.repeat(24), 'x']],
    };
    for (const [name, values] of Object.entries(queries)) {
        for (const value of values) {
            await t.test(`${name}=${JSON.stringify(value)}`, async () =>
                assertError(await organization.call('get_roles', { query: { [name]: value } }), 422, ['query', name]),
            );
        }
    }
});

test('parameters that are none of the operation are ignored', async () => {
    const query = { limit: 'x', role_name: 'Reader', organization: 'other', '': 'y', user_id: 'ann' };
    assert.deepEqual(namesOf(await list(query)), names);
});

test('only roles that Role:GetRole allows are shown', async () => {
    assert.deepEqual(await list({}, { user: 'bob' }), []);
    await organization.addHolder('clerk', [grant('Role:GetRole', { frontend_view: 'admin' })]);
    assert.deepEqual(namesOf(await list({}, { user: 'clerk' })), ['Writer {x}']);
    assert.deepEqual(await list({ id: ids.comma }, { user: 'clerk' }), []);
});

test('a superseded version is found by its id only', async () => {
    const old = await organization.addRole('Changing');
    const modified = await organization.call('modify_role', { role: 'Changing', body: { frontend_view: 'admin' } });
    assert.notEqual(modified.body.role_id, old);
    assert.deepEqual(
        (await list({ name: 'Changing' })).map(role => role.id),
        [modified.body.role_id],
    );
    assert.deepEqual(
        (await list({ id: old })).map(role => role.frontend_view),
        ['client'],
    );
});
