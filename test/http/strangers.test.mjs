// Who has no business in an organization, at every operation: no answer holds
// what is in it, and nothing in it changes. Two things are told on purpose: that
// there is something of a name or id, since 404 comes before 403, and to those
// whose token is of the organization, what the role of an id is called and one
// request that a role would allow them.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { allOperations } from './lib/contract.mjs';
import { sql } from './lib/database.mjs';
import { examples, workspace } from './lib/examples.mjs';
import { postgrest, request } from './lib/http.mjs';
import { createOrganization, everything, grant, path, target } from './lib/organization.mjs';
import { now, sign, token } from './lib/token.mjs';

const secret = /classified/i;
const counterexample = / do not cover \{.*?\}\./;
let victim, other, functions, insiders, outsiders, scopedRole, applicationRole;
const prepared = {};

const tables = [
    'rbac.organization',
    'rbac.principal',
    'rbac.group_member',
    'rbac.role JOIN rbac.role_version USING (role)',
    'rbac.assignment',
    'rbac.temporary_grant',
    'rbac.api_key',
    'rbac.audit_event',
];

// Everything there is in an organization, as one sum.
const contents = () =>
    sql`SELECT md5(string_agg(query_to_xml(format(
                   'SELECT * FROM %s WHERE organization = %L', name, ${victim.name}::text), true, true, '')::text, ''))
        FROM jsonb_array_elements_text(${tables}) AS name`;

before(async () => {
    [victim, other] = [await createOrganization(), await createOrganization()];
    await sql`SELECT rbac.create_role(${victim.name}, 'Board', 'Classified description',
                                      ${[grant('Document:Read', { region: 'classified-region' })]}, 'client')`;
    await victim.assign('Board', 'bob');
    await sql`SELECT rbac.create_temporary_permission_grant(
                  ${victim.name}, 'ann', 'PT1H', ${grant('Document:Read', { region: 'classified-region' })},
                  '{"classified tag": "classified"}', 'Classified justification')`;
    await sql`SELECT rbac.create_api_key(${victim.name}, 'P1D', 'Board')`;
    await victim.addUser('nobody');
    await victim.addGroup('Directors', 'bob');
    await victim.addApplication('Payroll');
    scopedRole = await victim.addScopedRole('workspace', [grant('Document:Read', { region: 'classified-region' })], 'Director');
    await victim.assignScopedRole(scopedRole, 'bob', workspace);
    applicationRole = await victim.addApplicationRole('Payroll', 'Payer', ['classified']);
    for (const name of Object.keys(allOperations)) prepared[name] = await examples[name](victim);
    Object.assign(prepared.modify_role.parameters, { role_name: 'Board' });
    Object.assign(prepared.assign_role.parameters, { role_name: 'Board' });
    prepared.get_roles.query = { return_permission_grants: true };
    await sql`SELECT rbac.create_user(${other.name}, ${victim.name})`;
    functions = JSON.parse(await sql`
        SELECT json_object_agg(proname, proargnames[:pronargs]) FROM pg_proc
        WHERE pronamespace = 'rbac_api'::regnamespace AND proargnames IS NOT NULL`);
    const claims = changes => sign({ alg: 'HS256' }, { exp: now() + 600, ...changes });
    insiders = {
        'a user without rights': victim.token('nobody'),
        'a user who does not exist': victim.token('No such user'),
        'a user spelled otherwise': victim.token('Admin'),
        'a placeholder for a user': victim.token('{self_user_id}'),
        'a role for a user': victim.token('Board'),
    };
    outsiders = {
        'an administrator of another organization': other.token('admin'),
        'a user of another organization, named like this one': token(other.name, victim.name),
        'a user of an organization that does not exist': token('nowhere', 'admin'),
        'an organization spelled otherwise': token(`${victim.name} `, 'admin'),
        'an organization in capitals': token(victim.name.toUpperCase(), 'admin'),
        'a placeholder for an organization': token('{self_org_id}', 'admin'),
        'asterisks': token('*', '*'),
        'one who claims two organizations': claims({ org_id: [other.name, victim.name], sub: 'admin' }),
        'one who claims an organization otherwise': claims({
            org_id: other.name,
            organization: victim.name,
            sub: 'admin',
        }),
        nobody: undefined,
    };
});

const headersOf = bearer => (bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` });

// Lists are empty for those who may see nothing in them.
function assertNothing(response, what, isInsider) {
    const text = isInsider ? response.text.replace(counterexample, '') : response.text;
    assert.doesNotMatch(text + JSON.stringify(response.headers), secret, what);
    const [list] = Array.isArray(response.body) ? [response.body] : Object.values(response.body ?? {});
    assert.ok(
        [401, 403, 404, 422].includes(response.status) || (response.status === 200 && list?.length === 0),
        `${what}: ${response.status} ${response.text}`,
    );
}

// Arguments that would do if they came from somebody else.
const values = () => ({
    organization: victim.name,
    user_id: 'bob',
    role_name: 'Board',
    description: 'Changed',
    permission_grants: everything,
    permission_grant: everything[0],
    permission: 'Document:Read',
    attributes: { region: 'classified-region' },
    frontend_view: 'admin',
    settings: { operator: true },
    duration: 'PT1H',
    tags: {},
    justification: 'Because I want to',
    permission_name: 'Document:New',
    api_key_id: '0'.repeat(24),
    api_key: 'x',
    is_base_role: false,
    inherited_from: ['Board'],
    return_permission_grants: true,
    group_id: 'Directors',
    app_id: 'Payroll',
    entity_ids: ['bob'],
    entity_id: 'bob',
    entity_type: 'User',
    organization_id: victim.name,
    role_id: scopedRole,
    workspace_id: workspace,
    level: 'workspace',
    system_managed: false,
    permissions: [{ resource_type: 'Document', action: 'Read' }],
    category: 'Document',
});
const valuesForApplications = () => ({ role_id: applicationRole, permissions: ['pay'] });
const filters = ['id', 'name', 'user_id', 'level', 'workspace_id', 'creator', 'tag'];

// Lists are asked for without filters, and reviews by the name of the role.
function bodyOf(operation) {
    const names = functions[operation];
    const omitted = [
        ...(operation.startsWith('get_') ? filters : []),
        ...(names.includes('role_name') && !names.includes('app_id') ? ['role_id'] : []),
    ];
    const found = { ...values(), ...(names.includes('app_id') && valuesForApplications()) };
    return Object.fromEntries(
        Object.entries(found).filter(([name]) => names.includes(name) && !omitted.includes(name)),
    );
}

// attack(bearer, assertion)
async function everyStranger(t, attack) {
    const atFirst = await contents();
    for (const [strangers, isInsider] of [[insiders, true], [outsiders, false]]) {
        for (const [name, bearer] of Object.entries(strangers)) {
            await t.test(name, () => attack(bearer, (response, what) => assertNothing(response, what, isInsider)));
        }
    }
    assert.equal(await contents(), atFirst);
}

test('exact routes', t =>
    everyStranger(t, async (bearer, assertAnswer) => {
        for (const [operation, { method }] of Object.entries(allOperations)) {
            const { body } = prepared[operation];
            const options = { body, headers: headersOf(bearer) };
            assertAnswer(await request(method, target(operation, prepared[operation]), options), operation);
        }
    }));

test('/rpc', t =>
    everyStranger(t, async (bearer, assertAnswer) => {
        assert.ok(Object.keys(functions).length > 45);
        for (const operation of Object.keys(functions)) {
            const options = { server: postgrest, body: bodyOf(operation), headers: headersOf(bearer) };
            assertAnswer(await request('POST', `/rpc/${operation}`, options), operation);
        }
    }));

test('those values would do for the administrator', async () => {
    const { text, status } = await victim.rpc('get_roles', bodyOf('get_roles'));
    assert.equal(status, 200);
    assert.match(text, secret);
    for (const operation of [
        'user_privileges',
        'effective_privileges',
        'role_privileges',
        'get_application_role',
        'get_application_roles',
        'role_permissions',
        'user_permissions',
    ]) {
        assert.match((await victim.rpc(operation, bodyOf(operation))).text, secret, operation);
    }
    assert.equal((await victim.rpc('check_access', bodyOf('check_access'))).body, true);
    for (const operation of ['get_groups', 'get_scoped_role', 'get_scoped_role_assignments', 'authorized_roles']) {
        assert.equal((await victim.rpc(operation, bodyOf(operation))).status, 200, operation);
    }
});

test('strange claims do not keep others waiting', async () => {
    const nested = depth => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    const claims = [
        { org_id: victim.name, sub: { $ne: null } },
        { org_id: victim.name, sub: 'admin', x: nested(500) },
        { org_id: victim.name, sub: 'x'.repeat(3000) },
        { org_id: 'x'.repeat(3000), sub: 'admin' },
        { org_id: victim.name, sub: 1e308 },
        { sub: 'admin', x: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, i])) },
    ];
    const hostile = claims.map(c => sign({ alg: 'HS256' }, { exp: now() + 600, ...c }));
    const ask = bearer => request('GET', path('get_roles', victim.name), { headers: headersOf(bearer) });
    const answers = await Promise.all(
        Array.from({ length: 20 }, () => [...hostile.map(ask), ask(victim.token('admin'))]).flat(),
    );
    assert.deepEqual(
        answers.filter((_, i) => i % (hostile.length + 1) === hostile.length).map(({ status }) => status),
        Array(20).fill(200),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    assert.deepEqual([...statuses].filter(status => ![200, 400, 401, 431].includes(status)), []);
});
