// Requests in a minute: how many, whose, and what an answer says about it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertError, assertRpcError, assertSuccess, operations } from './lib/contract.mjs';
import { limitRequests, sql } from './lib/database.mjs';
import { createOrganization, validBodies } from './lib/organization.mjs';
import { now } from './lib/token.mjs';

let organization;
let count = 0;
before(async () => {
    organization = await createOrganization();
    await sql`DELETE FROM rbac.rate_limit`;
});
after(() => limitRequests(null, ...Object.keys(operations)));

// A user nobody has counted yet.
const newUser = () => organization.addUser(`user ${++count}`);

const call = (name, user, options) => organization.call(name, { user, body: validBodies[name](), ...options });

async function statuses(requests) {
    const counts = {};
    for (const { status } of await Promise.all(requests)) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
}

for (const name of Object.keys(operations)) {
    const limit = operations[name].requests_per_minute;

    test(`${name}: ${limit} in a minute`, async () => {
        const user = await newUser();
        const requests = Array.from({ length: limit }, () => call(name, user));
        assert.equal((await statuses(requests))[429], undefined);
        const response = await call(name, user);
        assertError(response, 429);
        assert.equal(response.headers['x-ratelimit-limit'], String(limit));
    });
}

test('what 429 says', async () => {
    const user = await newUser();
    await limitRequests(2, 'get_roles');
    const started = now();
    for (let i = 0; i < 2; i++) assertSuccess('get_roles', await call('get_roles', user));
    for (let i = 0; i < 3; i++) {
        const { headers } = await call('get_roles', user);
        assert.equal(headers['x-ratelimit-limit'], '2');
        assert.equal(headers['x-ratelimit-remaining'], '0');
        const reset = Number(headers['x-ratelimit-reset']);
        assert.ok(reset >= started + 59 && reset <= now() + 61, `reset ${reset}, started ${started}`);
        const wait = Number(headers['retry-after']);
        assert.ok(wait >= 1 && wait <= 60 && Math.abs(now() + wait - reset) <= 1, `retry after ${wait}`);
    }
});

test('fifty clients at once get exactly what there is', async () => {
    const user = await newUser();
    await limitRequests(37, 'get_roles');
    const requests = Array.from({ length: 50 }, () => Array.from({ length: 4 }, () => call('get_roles', user))).flat();
    assert.deepEqual(await statuses(requests), { 200: 37, 429: 163 });
});

test('/rpc and the exact route are one operation', async () => {
    const user = await newUser();
    await limitRequests(10, 'get_roles');
    const arguments_ = { organization: organization.name };
    const requests = Array.from({ length: 20 }, (_, i) =>
        i % 2 ? call('get_roles', user) : organization.rpc('get_roles', arguments_, { user }),
    );
    assert.deepEqual(await statuses(requests), { 200: 10, 429: 10 });
    assertRpcError(await organization.rpc('get_roles', arguments_, { user }), 429, '53400');
});

test('users and operations are counted apart', async () => {
    const [one, other] = [await newUser(), await newUser()];
    await limitRequests(1, 'get_roles', 'get_temporary_permission_grants');
    assertSuccess('get_roles', await call('get_roles', one));
    assertError(await call('get_roles', one), 429);
    assertSuccess('get_roles', await call('get_roles', other));
    assertSuccess('get_temporary_permission_grants', await call('get_temporary_permission_grants', one));
});

test('users of one name in two organizations are two', async () => {
    const second = await createOrganization();
    const user = await newUser();
    await second.addUser(user);
    await limitRequests(1, 'get_roles');
    assertSuccess('get_roles', await call('get_roles', user));
    assertError(await call('get_roles', user), 429);
    assertSuccess('get_roles', await second.call('get_roles', { user }));
});

test('failed requests count', async t => {
    const failures = {
        422: ['modify_role', { body: { description: '' } }],
        403: ['modify_role', {}],
        404: ['modify_role', { role: 'No such role' }],
        '404 for the organization': ['modify_role', { organization: 'no-such-organization' }],
        'a body that is no JSON': ['modify_role', { body: '{' }],
        'a query that is no integer': ['get_temporary_permission_grants', { query: { limit: 'x' } }],
    };
    for (const [name, [operation, options]] of Object.entries(failures)) {
        await t.test(name, async () => {
            const user = await newUser();
            await limitRequests(3, operation);
            for (let i = 0; i < 3; i++) assert.notEqual((await call(operation, user, options)).status, 429);
            assertError(await call(operation, user), 429);
        });
    }
});

test('what does not reach the operation does not count', async () => {
    const user = await newUser();
    await limitRequests(1, 'get_roles');
    for (const headers of [{ Authorization: 'Bearer x.y.z' }, { 'X-ORG-ID': 'x' }]) {
        assertError(await call('get_roles', user, { headers }), 401);
    }
    assertSuccess('get_roles', await call('get_roles', user));
});

test('a limit that changes counts for the minute that runs', async () => {
    const user = await newUser();
    await limitRequests(1, 'get_roles');
    assertSuccess('get_roles', await call('get_roles', user));
    for (let i = 0; i < 5; i++) assertError(await call('get_roles', user), 429);
    // Had the refused requests been counted, none would be left now.
    await limitRequests(3, 'get_roles');
    for (let i = 0; i < 2; i++) assertSuccess('get_roles', await call('get_roles', user));
    assertError(await call('get_roles', user), 429);
    await limitRequests(null, 'get_roles');
    assertSuccess('get_roles', await call('get_roles', user));
});

test('plain SQL is not limited', async () => {
    const user = await newUser();
    await limitRequests(1, 'get_roles');
    const visible = await sql`SELECT FROM rbac.set_caller(${organization.name}, ${user});
        SELECT count(r.id) FROM generate_series(1, 50) AS n, rbac.get_roles(${organization.name} || left(n::text, 0)) AS r`;
    assert.equal(visible.trim(), '0');
});
