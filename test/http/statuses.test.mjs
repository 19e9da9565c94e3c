// Every documented status of every operation, reached by a request.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertError, assertSuccess, operations } from './lib/contract.mjs';
import { configure, limitRequests } from './lib/database.mjs';
import { createOrganization, validBodies } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
    await organization.addRole('Base', [], { isBase: true });
});

const valid = (name, options) => organization.call(name, { body: validBodies[name](), ...options });

// Whoever may see nothing gets a list of nothing: a list is never 403.
async function seeNothing(name, key) {
    const response = await valid(name, { user: 'bob' });
    assertSuccess(name, response);
    assert.deepEqual(response.body[key], []);
}

const everywhere = {
    401: name => valid(name, { headers: { Authorization: 'Bearer x.y.z' } }),
    403: name => valid(name, { user: 'bob' }),
    404: name => valid(name, { organization: 'no-such-organization' }),
    429: async name => {
        await limitRequests(1, name);
        await valid(name);
        const response = await valid(name);
        await limitRequests(null, name);
        return response;
    },
    503: async name => {
        await configure({ 'rbac.maintenance': 'on' });
        const response = await valid(name);
        await configure({ 'rbac.maintenance': null });
        return response;
    },
};

const specific = {
    create_temporary_permission_grant: { 422: () => valid('create_temporary_permission_grant', { body: {} }) },
    get_temporary_permission_grants: {
        403: name => seeNothing(name, 'temporary_permission_grants'),
        422: name => valid(name, { query: { limit: 11 } }),
    },
    get_roles: { 403: name => seeNothing(name, 'roles'), 422: name => valid(name, { query: { id: 'x' } }) },
    create_role: {
        409: name => valid(name, { body: { ...validBodies.create_role(), role_name: 'Reader' } }),
        422: name => valid(name, { body: {} }),
    },
    modify_role: {
        400: name => valid(name, { role: 'Base', body: { inherited_from: ['Reader'] } }),
        422: name => valid(name, { body: { frontend_view: 'x' } }),
    },
    assign_role: { 422: name => valid(name, { body: {} }) },
};

for (const [name, { statuses }] of Object.entries(operations)) {
    const [success, ...errors] = statuses;

    test(`${name}: ${success}`, async () => assertSuccess(name, await valid(name)));
    for (const status of errors) {
        test(`${name}: ${status}`, async () => {
            const response = await (specific[name][status] ?? everywhere[status])(name);
            if (response) assertError(response, status);
        });
    }
}

const nameless = {
    create_temporary_permission_grant: {
        body: { ...validBodies.create_temporary_permission_grant(), user_id: 'nobody' },
    },
    modify_role: { role: 'No such role' },
    assign_role: { role: 'No such role' },
};

for (const [name, options] of Object.entries(nameless)) {
    test(`${name}: 404 for what it names`, async () => assertError(await valid(name, options), 404));
}
