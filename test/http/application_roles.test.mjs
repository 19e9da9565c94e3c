// Roles of applications at /v1/applications/{app_id}/roles: what is written is
// what is read, for whom it counts, and whose it is.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertErrorOf, assertSuccess } from './lib/contract.mjs';
import { sql } from './lib/database.mjs';
import { createOrganization, grant, randomName } from './lib/organization.mjs';

let organization;
let app_id;
before(async () => {
    organization = await createOrganization();
    app_id = await organization.addApplication('Billing');
});

const about = (name, parameters, body, options) =>
    organization.send(name, { parameters: { app_id, ...parameters }, body }, options);
const create = (body, options) =>
    about('create_application_role', {}, { role_name: randomName('role'), ...body }, options);
const get = (role_id, options) => about('get_application_role', { role_id }, undefined, options);
const modify = (role_id, body, options) => about('modify_application_role', { role_id }, body, options);
const remove = (role_id, options) => about('delete_application_role', { role_id }, undefined, options);
const assign = (role_id, entity_type, entity_ids, options) =>
    about('assign_application_role', { role_id }, { entity_type, entity_ids }, options);
const revoke = (role_id, entity_id, options) => about('revoke_application_role', { role_id, entity_id }, undefined, options);

async function created(body) {
    const response = await create(body);
    assertSuccess('create_application_role', response);
    return response.body.result;
}

const may = (user, permission, application = app_id) =>
    sql`SELECT rbac.check_access(${organization.name}, ${user}, 'Application:Use',
        ${{ application_id: application, permission }})`;

const holders = role_id =>
    sql`SELECT string_agg(principal_id, ',' ORDER BY principal_id) FROM rbac.assignment WHERE role = ${role_id}`;

test('the life of a role', async () => {
    const body = { role_name: 'Refunder', permissions: ['refund', 'read'], description: 'Refunds', display_name: 'R' };
    const { role_id, ...rest } = await created(body);
    assert.deepEqual(rest, { ...body, app_id });
    assert.deepEqual((await get(role_id)).body, { result: { role_id, ...body, app_id } });
    const { text, body: accepted } = await modify(role_id, { permissions: ['read'], display_name: 'Reader' });
    assert.deepEqual(accepted, { result: {} }, text);
    const changed = { role_id, ...body, permissions: ['read'], display_name: 'Reader', app_id };
    assert.deepEqual((await get(role_id)).body, { result: changed });
    for (const nothing of [{}, { role_name: null, permissions: null }]) {
        assertSuccess('modify_application_role', await modify(role_id, nothing));
        assert.deepEqual((await get(role_id)).body, { result: changed });
    }
    assertSuccess('modify_application_role', await modify(role_id, { permissions: [] }));
    assert.deepEqual((await get(role_id)).body.result.permissions, []);
    assertSuccess('delete_application_role', await remove(role_id));
    assertErrorOf('get_application_role', await get(role_id), 404);
    assertErrorOf('modify_application_role', await modify(role_id, {}), 404);
    assertErrorOf('delete_application_role', await remove(role_id), 404);
});

test('what is not there is not said', async () => {
    const { role_id, role_name, ...rest } = await created({});
    assert.deepEqual(rest, { permissions: [], app_id });
    const listed = await about('get_application_roles');
    assert.deepEqual(
        listed.body.result.filter(role => role.role_id === role_id),
        [{ role_id, role_name, permissions: [], app_id }],
    );
});

test('names, which differ by case too', async () => {
    for (const role_name of ['x'.repeat(256), '数'.repeat(256), ' ', 'a/b', '\u{1f511}', '"', 'CASE', 'case', 'Case']) {
        assert.equal((await created({ role_name })).role_name, role_name);
        assertErrorOf('create_application_role', await create({ role_name }), 409);
    }
    const { role_id } = await created({});
    assertErrorOf('modify_application_role', await modify(role_id, { role_name: 'Case' }), 409);
    assertSuccess('modify_application_role', await modify(role_id, { role_name: 'cASE' }));
    for (const role_name of ['', 'x'.repeat(257), null, 5]) {
        const response = await create({ role_name });
        assertErrorOf('create_application_role', response, 400);
        assert.match(response.body.message[0], /role_name/);
    }
});

test('permissions are any texts, each once, in their order', async () => {
    const permissions = ['b', 'a', '*', 'Role:*', ' ', '\u{1f511} a/b', 'b', 'null', '{a,b}', '"', 'A', 'a'];
    const role = await created({ permissions });
    assert.deepEqual(role.permissions, [...new Set(permissions)]);
    await assign(role.role_id, 'User', ['ann']);
    for (const permission of permissions) assert.equal(await may('ann', permission), 't', permission);
    assert.equal(await may('ann', 'c'), 'f', 'no text is a wildcard');
    const many = Array.from({ length: 10000 }, (_, i) => `permission ${i}`);
    assert.deepEqual((await created({ permissions: many })).permissions, many);
    for (const wrong of ['a', {}, [''], [null], [5], [['a']], ['{self_user_id}'], [...many, 'one more']]) {
        const response = await create({ permissions: wrong });
        assertErrorOf('create_application_role', response, 400);
        assert.match(response.body.message[0], /permissions/);
    }
});

test('ids that have to be encoded', async () => {
    for (const id of ['a/b', 'a b', '100%', '%41', 'Zoë', '数据', '?x=1', '#x', '..', '.', '+', ';', '"', 'roles', 'assignments']) {
        await organization.addApplication(id);
        await organization.addUser(`user ${id}`);
        const role = await about('create_application_role', { app_id: id }, { role_name: id, permissions: ['use'] });
        assertSuccess('create_application_role', role);
        const { role_id } = role.body.result;
        const there = { app_id: id, role_id };
        const everyone = { entity_type: 'User', entity_ids: [`user ${id}`] };
        assert.equal((await about('get_application_role', there)).body.result.app_id, id);
        assertSuccess('assign_application_role', await about('assign_application_role', there, everyone));
        assert.equal(await may(`user ${id}`, 'use', id), 't', id);
        assert.equal(await may(`user ${id}`, 'use'), 'f', 'of another application');
        const revoked = await about('revoke_application_role', { ...there, entity_id: `user ${id}` });
        assertSuccess('revoke_application_role', revoked);
        assert.equal(await may(`user ${id}`, 'use', id), 'f', id);
    }
});

test('users, groups and applications', async () => {
    await organization.addGroup('staff', 'ann', 'bob');
    await organization.addApplication('Robot');
    const { role_id } = await created({ permissions: ['use'] });
    for (const [type, id, user] of [
        ['User', 'bob', 'bob'],
        ['Group', 'staff', 'ann'],
    ]) {
        assertSuccess('assign_application_role', await assign(role_id, type, [id]));
        assert.equal(await may(user, 'use'), 't');
        assertSuccess('revoke_application_role', await revoke(role_id, id));
        assert.equal(await may(user, 'use'), 'f');
    }
    assertSuccess('assign_application_role', await assign(role_id, 'Application', ['Robot']));
    assert.equal(await holders(role_id), 'Robot');
    // as an application calls: it is the caller
    const allowed = await sql`SELECT FROM rbac.set_caller(${organization.name}, 'Robot');
        SELECT rbac.has_permission('Application:Use', 'application_id', 'Billing', 'permission', 'use')`;
    assert.equal(allowed.trim(), 't');
});

test('all of them or none', async () => {
    await organization.addGroup('one group');
    const { role_id } = await created({ permissions: ['use'] });
    for (const ids of [['bob', 'nobody'], ['nobody', 'bob'], ['bob', 'one group'], ['bob', 'Bob'], ['bob', app_id]]) {
        const response = await assign(role_id, 'User', ids);
        assertErrorOf('assign_application_role', response, 404);
        assert.equal(await holders(role_id), '');
    }
    assertErrorOf('assign_application_role', await assign(role_id, 'Group', ['bob']), 404);
    for (const [type, ids] of [
        ['user', ['bob']],
        ['Role', ['bob']],
        [null, ['bob']],
        ['User', []],
        ['User', ['']],
        ['User', null],
        ['User', 'bob'],
        ['User', [5]],
    ]) {
        assertErrorOf('assign_application_role', await assign(role_id, type, ids), 400);
    }
    assert.equal(await holders(role_id), '');
});

test('again is no error, and twice is once', async () => {
    const { role_id } = await created({ permissions: ['use'] });
    for (const ids of [['bob'], ['bob', 'bob'], ['ann', 'bob'], ['bob', 'ann', 'bob']]) {
        assertSuccess('assign_application_role', await assign(role_id, 'User', ids));
    }
    assert.equal(await holders(role_id), 'ann,bob');
    assertSuccess('revoke_application_role', await revoke(role_id, 'bob'));
    assertErrorOf('revoke_application_role', await revoke(role_id, 'bob'), 404);
    assertErrorOf('revoke_application_role', await revoke(role_id, 'nobody'), 404);
    assert.equal(await holders(role_id), 'ann');
});

test('a role is of its application', async () => {
    const { role_id } = await created({});
    const there = { app_id: await organization.addApplication('Other'), role_id };
    assertErrorOf('get_application_role', await about('get_application_role', there), 404);
    assertErrorOf('delete_application_role', await about('delete_application_role', there), 404);
    for (const other of ['billing', 'BILLING', 'Billing ', 'bob', 'Reader']) {
        assertErrorOf('get_application_roles', await about('get_application_roles', { app_id: other }), 404);
    }
    assertErrorOf('get_application_role', await get(role_id.toUpperCase().replace('6', 'A')), 404);
    assertErrorOf('get_application_role', await get('Refunder'), 404);
});

test('nobody hands out more than they hold', async () => {
    const both = grant('Application:Use', { application_id: app_id });
    await organization.addHolder('clerk', [{
        ...both,
        conditions: { ...both.conditions, permission: { type: 'In', values: ['a', 'b'] } },
    }]);
    const [one, more] = [await created({ permissions: ['a'] }), await created({ permissions: ['a', 'c'] })];
    assertSuccess('assign_application_role', await assign(one.role_id, 'User', ['bob'], { user: 'clerk' }));
    const refused = await assign(more.role_id, 'User', ['bob'], { user: 'clerk' });
    assertErrorOf('assign_application_role', refused, 403);
    assert.match(refused.body.message, /do not cover .*"permission": "c"/);
});

test('what is of another organization does not exist', async () => {
    const other = await createOrganization();
    const options = { headers: { Authorization: `Bearer ${other.token('admin')}` } };
    const { role_id } = await created({ permissions: ['use'] });
    const answers = {
        create_application_role: await create({}, options),
        get_application_roles: await about('get_application_roles', {}, undefined, options),
        get_application_role: await get(role_id, options),
        modify_application_role: await modify(role_id, {}, options),
        delete_application_role: await remove(role_id, options),
        assign_application_role: await assign(role_id, 'User', ['bob'], options),
        revoke_application_role: await revoke(role_id, 'bob', options),
    };
    for (const [name, response] of Object.entries(answers)) {
        assertErrorOf(name, response, 404);
        assert.equal(response.body.message, 'application "Billing" does not exist');
    }
    // an application of the same name is another one
    await other.addApplication('Billing');
    assertErrorOf('get_application_role', await get(role_id, options), 404);
    assert.deepEqual((await about('get_application_roles', {}, undefined, options)).body, { result: [] });
    // an organization that is named has to be one's own, too
    const named = { app_id, organization: organization.name };
    assert.equal((await organization.rpc('get_application_roles', named)).status, 200);
    assert.equal((await organization.rpc('get_application_roles', named, options)).status, 404);
});

test('many at once', async () => {
    const role_name = randomName('contended');
    const answers = await Promise.all(Array.from({ length: 20 }, () => create({ role_name, permissions: ['use'] })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(19).fill(409)]);
    const { role_id } = answers.find(({ status }) => status === 201).body.result;
    const assigned = await Promise.all(Array.from({ length: 20 }, () => assign(role_id, 'User', ['ann', 'bob'])));
    assert.deepEqual(assigned.map(({ status }) => status), Array(20).fill(204));
    const changed = await Promise.all(Array.from({ length: 20 }, (_, i) => modify(role_id, { permissions: [`p${i}`] })));
    assert.deepEqual(changed.map(({ status }) => status), Array(20).fill(202));
    const removed = await Promise.all(Array.from({ length: 20 }, () => remove(role_id)));
    assert.deepEqual(removed.map(({ status }) => status).sort(), [202, ...Array(19).fill(404)]);
    assert.equal(await holders(role_id), '');
});
