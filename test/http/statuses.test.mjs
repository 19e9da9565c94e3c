// Every documented status of every operation, reached by a request.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertError, assertRpcError, assertSuccess, operations } from './lib/contract.mjs';
import { configure, limitRequests } from './lib/database.mjs';
import { createOrganization, validBodies } from './lib/organization.mjs';
import { now, sign } from './lib/token.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
    await organization.addRole('Base', [], { isBase: true });
});

const valid = (name, options) => organization.call(name, { body: validBodies[name](), ...options });

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
    get_temporary_permission_grants: { 422: name => valid(name, { query: { limit: 11 } }) },
    get_roles: { 422: name => valid(name, { query: { id: 'x' } }) },
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

// Whoever may see nothing gets a list of nothing: a list is never 403.
const lists = { get_temporary_permission_grants: 'temporary_permission_grants', get_roles: 'roles' };

for (const [name, { statuses }] of Object.entries(operations)) {
    const [success, ...documented] = statuses;
    const errors = documented.filter(status => !(status === 403 && name in lists));

    test(`${name}: ${success}`, async () => assertSuccess(name, await valid(name)));
    for (const status of errors) {
        test(`${name}: ${status}`, async () => {
            assertError(await (specific[name][status] ?? everywhere[status])(name), status);
        });
    }
}

for (const [name, key] of Object.entries(lists)) {
    test(`${name}: nothing permitted: 200, empty`, async () => {
        const response = await valid(name, { user: 'bob' });
        assertSuccess(name, response);
        assert.deepEqual(response.body[key], []);
    });
}

test('what WWW-Authenticate says', async () => {
    const challenge = async Authorization =>
        (await valid('get_roles', { headers: { Authorization } })).headers['www-authenticate'];
    for (const none of ['', 'Bearer x.y', 'Digest x']) assert.equal(await challenge(none), 'Bearer');
    const wrong = ['x.y.z', sign({ alg: 'HS256' }, {}), organization.token('admin', { exp: now() - 60 })];
    for (const token of wrong) assert.equal(await challenge(`Bearer ${token}`), 'Bearer error="invalid_token"');
    const body = { organization: organization.name };
    const rpc = async (Authorization, code) => {
        const response = await organization.rpc('get_roles', body, { headers: { Authorization } });
        assertRpcError(response, 401, code);
        return response.headers['www-authenticate'];
    };
    assert.equal(await rpc('', '28000'), 'Bearer');
    assert.equal(
        await rpc(`Bearer ${wrong.at(-1)}`, 'PGRST301'),
        'Bearer error="invalid_token", error_description="JWT expired"',
    );
});

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
