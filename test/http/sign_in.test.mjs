// API keys over /rpc, and the tokens that they are exchanged for.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertError, assertRpcError, assertSuccess } from './lib/contract.mjs';
import { limitRequests, sql } from './lib/database.mjs';
import { postgrest, request } from './lib/http.mjs';
import { createOrganization, grant } from './lib/organization.mjs';
import { basic } from './lib/token.mjs';

let organization;
let key;
before(async () => {
    organization = await createOrganization();
    await organization.addRole('Key', [grant('Document:*'), grant('Role:GetRole')]);
    key = await createKey();
});

const callAs = (user, name, body) => organization.rpc(name, { organization: organization.name, ...body }, { user });

async function createKey(body) {
    const response = await callAs('admin', 'create_api_key', { duration: 'P30D', role_name: 'Key', ...body });
    assert.equal(response.status, 201, response.text);
    return response.body;
}

const signIn = ({ api_key_id, api_key }, user_id, changes) =>
    request('POST', '/rpc/sign_in_with_api_key', {
        server: postgrest,
        body: { organization: organization.name, api_key_id, api_key, user_id, ...changes },
    });

async function signedIn(credentials, user) {
    const response = await signIn(credentials, user);
    assert.equal(response.status, 200, response.text);
    return response.body.id_token;
}

const claimsOf = token => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const getRoles = Authorization => organization.call('get_roles', { headers: { Authorization } });

test('a key has an id, a secret and an end', () => {
    assert.match(key.api_key_id, /^[0-9a-f]{24}$/);
    assert.match(key.api_key, /^[\w-]{32,}$/);
    assert.match(key.expires_at, /Z$/);
    assert.ok(Math.abs(Date.parse(key.expires_at) - Date.now() - 30 * 86400_000) < 60_000);
});

test('the secret is stored nowhere', async () => {
    const found = await sql`SELECT count(*) FROM (
        SELECT to_jsonb(k)::text FROM rbac.api_key AS k UNION ALL SELECT to_jsonb(a)::text FROM rbac.audit_event AS a) AS t (text)
        WHERE text LIKE '%' || ${key.api_key} || '%' OR text LIKE '%' || encode(${key.api_key}, 'hex') || '%'`;
    assert.equal(found, '0');
});

test('a token of the user, which Bearer and Basic take', async () => {
    const {
        body: { id_token, expires_at },
    } = await signIn(key, 'ann');
    const { sub, org_id, exp } = claimsOf(id_token);
    assert.deepEqual([org_id, sub, new Date(exp * 1000).getTime()], [organization.name, 'ann', Date.parse(expires_at)]);
    assertSuccess('get_roles', await getRoles(`Bearer ${id_token}`));
    assertSuccess('get_roles', await getRoles(basic(`${organization.name}_ann`, id_token)));
    assertError(await getRoles(basic(`${organization.name}_admin`, id_token)), 401);
    const parts = id_token.split('.');
    const forged = [
        parts[0],
        Buffer.from(JSON.stringify({ ...claimsOf(id_token), sub: 'admin' })).toString('base64url'),
        parts[2],
    ].join('.');
    assertError(await getRoles(`Bearer ${forged}`), 401);
});

test("the user acts with the user's rights, not with the key's", async () => {
    const Authorization = `Bearer ${await signedIn(key, 'ann')}`;
    assert.deepEqual((await getRoles(Authorization)).body.roles, []);
});

test('whatever is wrong is one 401', async t => {
    const wrong = {
        'wrong key': [{ ...key, api_key: key.api_key.replace(/.$/, c => (c === '0' ? '1' : '0')) }, 'ann'],
        'half a key': [{ ...key, api_key: key.api_key.slice(0, -1) }, 'ann'],
        'empty key': [{ ...key, api_key: '' }, 'ann'],
        'no key': [{ ...key, api_key: null }, 'ann'],
        'unknown id': [{ ...key, api_key_id: 'f'.repeat(24) }, 'ann'],
        'no id': [{ ...key, api_key_id: null }, 'ann'],
        "another key's id": [{ ...(await createKey()), api_key: key.api_key }, 'ann'],
        'unknown user': [key, 'No such user'],
        'no user': [key, null],
        'the key as user': [key, key.api_key_id],
    };
    const messages = new Set();
    for (const [name, [credentials, user]] of Object.entries(wrong)) {
        await t.test(name, async () => {
            const response = await signIn(credentials, user);
            assertRpcError(response, 401, '28000');
            messages.add(response.body.message);
        });
    }
    assert.equal(messages.size, 1);
});

test('a key of another organization', async () => {
    const other = await createOrganization();
    assertRpcError(await signIn(key, 'ann', { organization: other.name }), 401, '28000');
    assertRpcError(await signIn(key, 'ann', { organization: 'no-such-organization' }), 404, '42704');
});

test('a token is no key, and signing in takes no caller', async () => {
    assertRpcError(
        await callAs('admin', 'sign_in_with_api_key', { api_key_id: key.api_key_id, api_key: 'x', user_id: 'ann' }),
        401,
        '28000',
    );
    const response = await request('POST', '/rpc/sign_in_with_api_key', {
        server: postgrest,
        body: { organization: organization.name, api_key_id: key.api_key_id },
    });
    assertRpcError(response, 422, '22023');
});

test('a user who holds as much as the key, or more', async () => {
    await organization.addUser('equal');
    await organization.assign('Key', 'equal');
    for (const user of ['equal', 'admin']) assertRpcError(await signIn(key, user), 403, '42501');
    await organization.addUser('nothing');
    await signedIn(key, 'nothing');
});

test('equal is not enough, whatever the organization lets users grant', async () => {
    const lenient = await createOrganization({ equal_may_grant: true });
    const role_name = 'role of admin';
    const body = { organization: lenient.name, duration: 'P1D', role_name };
    const created = await lenient.rpc('create_api_key', body);
    assert.equal(created.status, 201, created.text);
    assertRpcError(await signIn(created.body, 'admin', { organization: lenient.name }), 403, '42501');
    assert.equal((await signIn(created.body, 'ann', { organization: lenient.name })).status, 200);
});

test('guesses of a key are limited, if there is a limit', async () => {
    const [tried, other] = [await createKey(), await createKey()];
    await limitRequests(3, 'sign_in_with_api_key');
    for (let i = 0; i < 3; i++) assertRpcError(await signIn({ ...tried, api_key: `guess ${i}` }, 'ann'), 401, '28000');
    const response = await signIn(tried, 'ann');
    assertRpcError(response, 429, '53400');
    assert.equal(response.headers['x-ratelimit-limit'], '3');
    await signedIn(other, 'ann');
    await limitRequests(null, 'sign_in_with_api_key');
    await signedIn(tried, 'ann');
});

test('an expired key', async () => {
    const expired = await createKey();
    await sql`UPDATE rbac.api_key SET expires_at = now() - interval '1 second' WHERE api_key_id = ${expired.api_key_id}`;
    assertRpcError(await signIn(expired, 'ann'), 401, '28000');
});

test('a token does not outlive its key', async () => {
    const short = await createKey();
    await sql`UPDATE rbac.api_key SET expires_at = now() + interval '5 seconds' WHERE api_key_id = ${short.api_key_id}`;
    const { exp } = claimsOf(await signedIn(short, 'ann'));
    assert.ok(exp - Date.now() / 1000 <= 5);
});

test('a key that was deleted', async () => {
    const deleted = await createKey();
    const body = { api_key_id: deleted.api_key_id };
    assertRpcError(await callAs('bob', 'delete_api_key', body), 403, '42501');
    assert.equal((await callAs('admin', 'delete_api_key', body)).status, 204);
    assertRpcError(await callAs('admin', 'delete_api_key', body), 404, '42704');
    assertRpcError(await signIn(deleted, 'ann'), 401, '28000');
});

test('listed without secrets, as far as permitted', async () => {
    const { body, text } = await callAs('admin', 'get_api_keys');
    const { api_key, expires_at, ...rest } = key;
    assert.ok(!text.includes(api_key));
    const listed = body.api_keys.find(one => Object.values(one).includes(rest.api_key_id));
    assert.equal(listed.role_name, 'Key');
    assert.equal(listed.expires_at, expires_at);
    assert.deepEqual(listed.creator, { org_id: organization.name, user_id: 'admin' });
    assert.deepEqual((await callAs('bob', 'get_api_keys')).body, { api_keys: [] });
});

test('who may create keys, and which', async () => {
    assertRpcError(await callAs('bob', 'create_api_key', { duration: 'P1D', role_name: 'Key' }), 403, '42501');
    assertRpcError(
        await callAs('admin', 'create_api_key', { duration: 'P1D', role_name: 'role of admin' }),
        403,
        '42501',
    );
    assertRpcError(
        await callAs('admin', 'create_api_key', { duration: 'P1D', role_name: 'No such role' }),
        404,
        '42704',
    );
    for (const duration of ['PT1H', 'P91D', '', 'x']) {
        assertRpcError(await callAs('admin', 'create_api_key', { duration, role_name: 'Key' }), 422, '22023');
    }
});

test('the first key of an organization comes from the system', async () => {
    const [id, secret] = (
        await sql`SELECT api_key_id || ' ' || api_key FROM rbac.create_api_key(
        ${organization.name}, 'P1D', 'Key')`
    ).split(' ');
    await signedIn({ api_key_id: id, api_key: secret }, 'ann');
});

test('modify_role switches the users and the keys of a role', async () => {
    await organization.addRole('Changing', [grant('Document:Read', { region: 'eu' }), grant('Document:Write')]);
    const changing = await createKey({ role_name: 'Changing' });
    await organization.addUser('holder');
    await organization.assign('Changing', 'holder');
    await signedIn(changing, 'ann');
    const strong = await createKey();
    await signedIn(strong, 'holder');

    const narrowed = { role: 'Changing', body: { permission_grants: [grant('Document:Write')] } };
    assertSuccess('modify_role', await organization.call('modify_role', narrowed));
    assertRpcError(await signIn(changing, 'ann'), 403, '42501');
    assert.equal(
        await sql`SELECT rbac.check_access(${organization.name}, 'holder', 'Document:Read', '{"region": "eu"}')`,
        'f',
    );

    const widened = {
        role: 'Changing',
        body: { permission_grants: [grant('Document:*'), grant('Role:GetRole'), grant('Role:ModifyRole')] },
    };
    assertSuccess('modify_role', await organization.call('modify_role', widened));
    await signedIn(changing, 'ann');
    assertRpcError(await signIn(strong, 'holder'), 403, '42501');
});

test('an organization has at most 20 keys', async () => {
    const full = await createOrganization();
    await full.addRole('Key', [grant('Document:Read')]);
    await sql`SELECT count(rbac.create_api_key(${full.name}, 'P1D', left('Key' || n, 3))) FROM generate_series(1, 20) AS n`;
    const response = await full.rpc('create_api_key', { organization: full.name, duration: 'P1D', role_name: 'Key' });
    assertRpcError(response, 400);
});
