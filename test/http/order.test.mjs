// Requests with two problems: 503 or 401, 404 for the organization, 429, 422, 404
// for a role or user, 403, 409, in this order. So no answer tells more than the
// earlier ones allow.
import { after, before, test } from 'node:test';
import { assertError, assertRpcError, operations } from './lib/contract.mjs';
import { configure, limitRequests } from './lib/database.mjs';
import { createOrganization, validBodies } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
    await organization.addUser('exhausted');
});
after(() => configure({ 'rbac.maintenance': null }));

const nobody = { headers: { Authorization: '' } };
const forged = { headers: { Authorization: 'Bearer e30.e30.e30' } };
const elsewhere = { organization: 'no-such-organization' };
const writers = Object.keys(operations).filter(name => operations[name].method === 'POST');
const invalid = name =>
    operations[name].method === 'POST'
        ? { body: { user_id: 5, description: 5, role_name: 5 } }
        : { query: { id: 'x' } };
const call = (name, ...options) => organization.call(name, Object.assign({ body: validBodies[name]() }, ...options));

for (const name of Object.keys(operations)) {
    test(`${name}: nobody, at no organization`, async () => {
        for (const who of [nobody, forged]) assertError(await call(name, who, elsewhere, invalid(name)), 401);
    });

    test(`${name}: no organization, nothing valid`, async () => {
        assertError(await call(name, elsewhere, invalid(name)), 404);
    });

    test(`${name}: no requests left, nothing valid`, async () => {
        const options = { user: 'exhausted' };
        await limitRequests(1, name);
        await call(name, options);
        assertError(await call(name, options), 429);
        assertError(await call(name, options, elsewhere), 404);
        assertError(await call(name, options, forged), 401);
        assertError(await call(name, options, invalid(name)), 429);
        await limitRequests(null, name);
    });
}

for (const name of writers) {
    test(`${name}: a body that is no JSON comes as late as any other`, async () => {
        const broken = { body: '{"x":' };
        for (const who of [nobody, forged]) assertError(await call(name, broken, who), 401);
        assertError(await call(name, broken, elsewhere), 404);
        await limitRequests(1, name);
        assertError(await call(name, broken, { user: 'ann' }), 422);
        assertError(await call(name, broken, { user: 'ann' }), 429);
        await limitRequests(null, name);
    });
}

test('maintenance comes first, except that who has no token may be told so', async () => {
    await configure({ 'rbac.maintenance': 'on' });
    for (const name of Object.keys(operations)) {
        for (const options of [{}, elsewhere, invalid(name)]) assertError(await call(name, options), 503);
        for (const who of [nobody, forged]) {
            const response = await call(name, who);
            assertError(response, response.status === 401 ? 401 : 503);
        }
        assertRpcError(await organization.rpc(name, { organization: organization.name, nonsense: 1 }), 503, '57P03');
    }
    await configure({ 'rbac.maintenance': null });
});

test('422 before 404 for a role or user', async () => {
    assertError(await call('modify_role', { role: 'No such role', body: { description: '' } }), 422);
    assertError(await call('assign_role', { role: 'No such role', body: {} }), 422);
    assertError(
        await call('create_temporary_permission_grant', {
            body: {
                ...validBodies.create_temporary_permission_grant(),
                user_id: 'No such user',
                justification: 'short',
            },
        }),
        422,
    );
});

test('422 before 403', async () => {
    for (const name of writers) assertError(await call(name, { user: 'bob' }, invalid(name)), 422);
});

test('404 for a role or user before 403', async () => {
    const bob = { user: 'bob' };
    assertError(await call('modify_role', bob, { role: 'No such role' }), 404);
    assertError(await call('assign_role', bob, { role: 'No such role' }), 404);
    assertError(await call('assign_role', bob, { body: { user_id: 'No such user' } }), 404);
    assertError(
        await call('create_temporary_permission_grant', bob, {
            body: { ...validBodies.create_temporary_permission_grant(), user_id: 'No such user' },
        }),
        404,
    );
});

test('403 before 409', async () => {
    const body = { ...validBodies.create_role(), role_name: 'Reader' };
    assertError(await call('create_role', { user: 'bob', body }), 403);
    assertError(await call('create_role', { body }), 409);
});
