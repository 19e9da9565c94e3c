// Every documented status of every operation on scoped and application roles,
// reached by a request.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
    allOperations,
    applicationOperations,
    assertErrorOf,
    assertRpcError,
    assertSuccess,
    invalidStatus,
    scopedOperations,
} from './lib/contract.mjs';
import { configure, limitRequests, sql } from './lib/database.mjs';
import { examples, send, workspace } from './lib/examples.mjs';
import { createOrganization } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
    await organization.addUser('exhausted');
});

const call = (name, options) => send(organization, name, options);

// A role with the name that the request wants.
async function taken(name, key, add) {
    const example = await examples[name](organization);
    await add(example);
    return organization.send(name, example, { body: { ...example.body, [key]: 'Taken' } });
}

const unknownRole = { role_id: '00000000-0000-8000-8000-000000000000' };

const everywhere = {
    401: name => call(name, { headers: { Authorization: 'Bearer x.y.z' } }),
    403: name => call(name, { user: 'bob' }),
    404: (name, options) =>
        call(name, {
            parameters: name in scopedOperations ? unknownRole : { app_id: 'no such application' },
            ...options,
        }),
    429: async name => {
        await limitRequests(1, name);
        await call(name);
        const response = await call(name);
        await limitRequests(null, name);
        return response;
    },
    503: async name => {
        await configure({ 'rbac.maintenance': 'on' });
        const response = await call(name);
        await configure({ 'rbac.maintenance': null });
        return response;
    },
};

// Whoever has a role may give it up: so not bob.
const ann = name => call(name, { user: 'ann' });
const noUuid = name => call(name, { parameters: { role_id: 'Reader' } });
const both = name => call(name, { query: { user_id: 'bob', team_id: 'x', workspace_id: workspace } });

const specific = {
    create_scoped_role: {
        404: async (name, options) => {
            const { body } = await examples[name](organization);
            return call(name, { body: { ...body, organization_id: unknownRole.role_id }, ...options });
        },
        409: name =>
            taken(name, 'name', ({ body }) => organization.addScopedRole(body.level, undefined, 'Taken')),
        422: name => call(name, { body: {} }),
    },
    get_scoped_role: { 422: noUuid },
    modify_scoped_role: {
        409: name =>
            taken(name, 'name', () => organization.addScopedRole('workspace', undefined, 'Taken')),
        422: noUuid,
    },
    delete_scoped_role: { 422: noUuid },
    get_scoped_role_assignments: { 400: name => call(name, { query: { project_id: workspace } }), 422: noUuid },
    assign_scoped_role: {
        400: both,
        409: async name => {
            const example = await examples[name](organization);
            await organization.send(name, example);
            return organization.send(name, example);
        },
        422: noUuid,
    },
    revoke_scoped_role: { 400: both, 403: ann, 422: noUuid },
    create_application_role: {
        400: name => call(name, { body: {} }),
        409: name =>
            taken(name, 'role_name', ({ parameters }) => organization.addApplicationRole(parameters.app_id, 'Taken')),
    },
    modify_application_role: {
        400: name => call(name, { body: { role_name: '' } }),
        409: name =>
            taken(name, 'role_name', ({ parameters }) => organization.addApplicationRole(parameters.app_id, 'Taken')),
    },
    assign_application_role: { 400: name => call(name, { body: { entity_ids: [], entity_type: 'User' } }) },
    revoke_application_role: { 403: ann },
};

for (const [name, { statuses }] of Object.entries({ ...scopedOperations, ...applicationOperations })) {
    const [success, ...errors] = statuses;

    test(`${name}: ${success}`, async () => assertSuccess(name, await call(name)));
    for (const status of errors) {
        test(`${name}: ${status}`, async () => {
            assertErrorOf(name, await (specific[name]?.[status] ?? everywhere[status])(name), status);
        });
    }
}

test('a list of what nobody may see is empty', async () => {
    const response = await call('get_application_roles', { user: 'bob' });
    assertSuccess('get_application_roles', response);
    assert.deepEqual(response.body, { result: [] });
});

// What the published documents tell of single operations.
test('illegal operations are 403', async t => {
    const { body } = await examples.create_scoped_role(organization);
    const bodies = {
        'a role of the organization': { ...body, level: 'organization' },
        'no permissions': { ...body, permissions: [] },
        'permissions that are not there': { ...body, permissions: undefined },
        'system managed': { ...body, system_managed: true },
    };
    for (const [problem, illegal] of Object.entries(bodies)) {
        await t.test(problem, async () =>
            assertErrorOf('create_scoped_role', await call('create_scoped_role', { body: illegal }), 403),
        );
    }
    assertErrorOf('modify_scoped_role', await call('modify_scoped_role', { body: { permissions: [] } }), 403);
    const role_id = await sql`SELECT rbac.create_scoped_role(${organization.name}, 'workspace',
        '[{"permission_name": "Document:Read", "conditions": {}}]', system_managed => true)`;
    assertErrorOf('delete_scoped_role', await call('delete_scoped_role', { parameters: { role_id } }), 403);
    const share = await sql`SELECT rbac.create_scoped_role(${organization.name}, 'workspace',
        '[{"permission_name": "Document:Read", "conditions": {}}]', type => 'share')`;
    const assigned = await call('assign_scoped_role', { parameters: { role_id: share } });
    assertErrorOf('assign_scoped_role', assigned, 403);
    const wrong = await call('assign_scoped_role', { query: { user_id: 'bob' } });
    assertErrorOf('assign_scoped_role', wrong, 403);
});

// Nothing of an earlier problem is told by a later one.
for (const name of Object.keys({ ...scopedOperations, ...applicationOperations })) {
    const nonsense = { parameters: { role_id: 'x', app_id: 'x', entity_id: 'x' }, query: { project_id: 'x' }, body: '{' };

    test(`${name}: 401, 429, arguments, 404, 403`, async () => {
        const nobody = { headers: { Authorization: '' } };
        assertErrorOf(name, await call(name, { ...nonsense, ...nobody }), 401);
        await limitRequests(1, name);
        await call(name, { user: 'exhausted' });
        assertErrorOf(name, await call(name, { ...nonsense, user: 'exhausted' }), 429);
        await limitRequests(null, name);
        const invalid = await call(name, { ...nonsense, user: 'bob' });
        assert.ok([invalidStatus(name), 404].includes(invalid.status), invalid.text);
        if (allOperations[name].request) assertErrorOf(name, invalid, invalidStatus(name));
        assertErrorOf(name, await (specific[name]?.[404] ?? everywhere[404])(name, { user: 'bob' }), 404);
    });
}

test('the statuses at /rpc', async () => {
    const organization_id = organization.name;
    assertRpcError(await organization.rpc('get_scoped_role', unknownRole), 404, '42704');
    assertRpcError(await organization.rpc('get_scoped_role', { role_id: 'x' }), 422, '22023');
    assertRpcError(
        await organization.rpc('create_scoped_role', { organization_id, level: 'project', system_managed: false }),
        403,
        '42809',
    );
    const role = await examples.assign_scoped_role(organization);
    assertRpcError(await organization.rpc('assign_scoped_role', role.parameters), 422, '22023');
    assertRpcError(await organization.rpc('get_application_roles', { app_id: 'none' }), 404, '42704');
});
