// GET /v1/{organization}/role/temporary_permission_grants/, field by field.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertError, assertSuccess } from './lib/contract.mjs';
import { sql } from './lib/database.mjs';
import { request } from './lib/http.mjs';
import { createOrganization, grant, path } from './lib/organization.mjs';

const name = 'get_temporary_permission_grants';
const read = grant('Document:Read', { region: 'eu' });
const write = grant('Document:Write', { region: 'eu' });
let organization;
const ids = {};

// As the system, but in the name of its creator, like a grant over HTTP.
async function add(key, user, permission_grant, { tags = {}, creator = 'admin', expired = false } = {}) {
    const output = await sql`
        SELECT FROM rbac.set_caller(${creator && organization.name}, ${creator});
        SELECT temporary_permission_grant_id FROM rbac.create_temporary_permission_grant(
            ${organization.name}, ${user}, 'PT1H', ${permission_grant}, ${tags}, 'For the test of lists')`;
    ids[key] = output.trim();
    if (expired) {
        await sql`UPDATE rbac.temporary_grant SET expires_at = now() - interval '1 hour'
                  WHERE temporary_permission_grant_id = ${ids[key]}`;
    }
}

before(async () => {
    organization = await createOrganization();
    await organization.addHolder('boss', [grant('Document:*'), grant('Role:*')]);
    await add('plain', 'ann', read);
    await add('tagged', 'bob', read, { tags: { env: 'prod', owner: 'ann b' } });
    await add('untagged', 'bob', write, { tags: { env: null } });
    await add('other', 'ann', write, { tags: { env: 'test', 数: '一' }, creator: 'boss' });
    await add('expired', 'bob', read, { expired: true });
});

async function list(query, options) {
    const response = await organization.call(name, { query, ...options });
    assertSuccess(name, response);
    return response.body;
}

const keyOf = id => Object.keys(ids).find(key => ids[key] === id);
const keys = async (query, options) => (await list(query, options)).temporary_permission_grants.map(g => keyOf(g._id));
const found = async (query, expected) => assert.deepEqual((await keys(query)).sort(), expected.sort());

// Keys in order of id, which is the order of what is equal otherwise.
const byId = (...some) => some.sort((a, b) => (ids[a] < ids[b] ? -1 : 1));

test('everything, in order of id, without parameters', async () => {
    const body = await list();
    assert.deepEqual(
        body.temporary_permission_grants.map(g => keyOf(g._id)),
        byId(...Object.keys(ids)),
    );
    assert.equal(body.has_more, false);
    assert.equal(body.continuation_token, null);
});

test('every field', async () => {
    const {
        temporary_permission_grants: [one],
    } = await list({ id: ids.other });
    const { expires_at, created_at, updated_at, ...rest } = one;
    assert.deepEqual(rest, {
        _id: ids.other,
        org_id: organization.name,
        user_id: 'ann',
        permission_grant: write,
        justification: 'For the test of lists',
        creator: { org_id: organization.name, user_id: 'boss' },
        tags: { env: 'test', 数: '一' },
    });
    assert.equal(Math.round((Date.parse(expires_at) - Date.parse(created_at)) / 1000), 3600);
});

test('a grant that the system made has a creator too', async () => {
    const another = await createOrganization();
    await sql`SELECT rbac.create_temporary_permission_grant(
        ${another.name}, 'ann', 'PT1H', ${read}, '{}', 'Made by the system')`;
    const response = await another.call(name);
    assertSuccess(name, response);
    assert.equal(response.body.temporary_permission_grants.length, 1);
});

test('filters', async t => {
    const filters = [
        [{ id: [ids.plain, ids.expired] }, ['plain', 'expired']],
        [{ id: 'f'.repeat(24) }, []],
        [{ user_id: 'ann' }, ['plain', 'other']],
        [{ user_id: ['ann', 'bob', 'ann', 'nobody'] }, Object.keys(ids)],
        [{ user_id: 'a,b' }, []],
        [{ permission_grant_name: 'Document:Write' }, ['untagged', 'other']],
        [{ permission_grant_name: 'Document:*' }, []],
        [{ is_expired: true }, ['expired']],
        [{ is_expired: 'false' }, ['plain', 'tagged', 'untagged', 'other']],
        [{ user_id: 'ann', permission_grant_name: 'Document:Read' }, ['plain']],
        [{ id: ids.plain, user_id: 'bob' }, []],
    ];
    for (const [query, expected] of filters) await t.test(JSON.stringify(query), () => found(query, expected));
});

test('creator is an organization and a user', async () => {
    await found({ creator: `${organization.name},boss` }, ['other']);
    await found({ creator: [`${organization.name},boss`, `${organization.name},admin`] }, Object.keys(ids));
    await found({ creator: 'elsewhere,boss' }, []);
});

test('tags', async t => {
    const filters = [
        ['env:prod', ['tagged']],
        ['env:*', ['tagged', 'untagged', 'other']],
        ['env:', ['untagged']],
        ['owner:ann b', ['tagged']],
        ['数:一', ['other']],
        ['absent:*', []],
        ['absent:', []],
        ['env:PROD', []],
        [['env:*', 'owner:*'], ['tagged']],
        [['env:prod', 'env:test'], []],
    ];
    for (const [tag, expected] of filters) await t.test(JSON.stringify(tag), () => found({ tag }, expected));
});

test('sorting', async t => {
    const byExpiry = ['expired', 'plain', 'tagged', 'untagged', 'other'];
    const [anns, bobs] = [byId('plain', 'other'), byId('tagged', 'untagged', 'expired')];
    const orders = [
        [['+user_id'], [...anns, ...bobs]],
        [['-user_id'], [...bobs, ...anns]],
        [['+expires_at'], byExpiry],
        [['-expires_at'], byExpiry.slice().reverse()],
        [
            ['-permission_grant.permission_name', '+user_id'],
            ['other', 'untagged', 'plain', ...byId('tagged', 'expired')],
        ],
        [
            ['+user_id', '-expires_at'],
            ['other', 'plain', 'untagged', 'tagged', 'expired'],
        ],
    ];
    for (const [sort_by, expected] of orders) {
        await t.test(sort_by.join(' '), async () => assert.deepEqual(await keys({ sort_by }), expected));
    }
});

test('a plus sign that arrives as a space still means ascending', async () => {
    const headers = { Authorization: `Bearer ${organization.token('admin')}` };
    const ordered = async search => {
        const response = await request('GET', `${path(name, organization.name)}?${search}`, { headers });
        assertSuccess(name, response);
        return response.body.temporary_permission_grants.map(g => keyOf(g._id));
    };
    const expected = await keys({ sort_by: ['+user_id', '-expires_at'] });
    for (const search of ['sort_by=+user_id&sort_by=-expires_at', 'sort_by=%20user_id&sort_by=%2Dexpires_at']) {
        assert.deepEqual(await ordered(search), expected);
    }
});

test('unsuitable parameters', async t => {
    const queries = {
        id: ['x', 'A'.repeat(24), ''],
        is_expired: ['maybe', ''],
        limit: ['-1', '11', '1.5', 'ten', '', '99999999999999999999'],
        continuation_token: ['-1', 'x', '', '1e3', '99999999999999999999'],
        creator: ['admin', ''],
        tag: ['env', '', '*'],
        sort_by: ['user_id', '*user_id', '+', '', '+tags', '+permission_grant', '++user_id', '+user_id;', '+ user_id'],
    };
    for (const [parameter, values] of Object.entries(queries)) {
        for (const value of values) {
            await t.test(`${parameter}=${value}`, async () =>
                assertError(await organization.call(name, { query: { [parameter]: value } }), 422, [
                    'query',
                    parameter,
                ]),
            );
        }
    }
});

test('only grants that the caller may see', async () => {
    assert.deepEqual(await keys({}, { user: 'bob' }), []);
    await organization.addHolder('clerk', [
        grant('Role:GetTemporaryPermissionGrant', {
            user_id: 'ann',
            creator: 'boss',
            permission_name: 'Document:Write',
        }),
    ]);
    assert.deepEqual(await keys({}, { user: 'clerk' }), ['other']);
    assert.deepEqual(await keys({ id: ids.plain }, { user: 'clerk' }), []);
});

test('pages', async t => {
    const many = await createOrganization();
    await sql`SELECT rbac.set_caller(${many.name}, 'admin');
              SELECT rbac.create_temporary_permission_grant(${many.name}, 'ann', 'PT1H', ${read}, '{}', 'Number ' || n || ' of many')
              FROM generate_series(1, 23) AS n`;
    const page = async query => {
        const response = await many.call(name, { query });
        assertSuccess(name, response);
        return response.body;
    };

    async function walk(limit) {
        const sizes = [];
        const seen = new Set();
        for (let token = 0; token !== null;) {
            const body = await page({ limit, continuation_token: token });
            body.temporary_permission_grants.forEach(g => seen.add(g._id));
            sizes.push(body.temporary_permission_grants.length);
            assert.equal(body.has_more, body.continuation_token !== null);
            token = body.continuation_token;
        }
        assert.equal(seen.size, 23);
        return sizes;
    }

    await t.test('of ten', async () => assert.deepEqual(await walk(10), [10, 10, 3]));
    await t.test('of one', async () => assert.equal((await walk(1)).length, 23));
    await t.test('ten is the default', async () => assert.equal((await page()).temporary_permission_grants.length, 10));
    await t.test('of none', async () => {
        assert.deepEqual(await page({ limit: 0, continuation_token: 5 }), {
            temporary_permission_grants: [],
            has_more: true,
            continuation_token: 5,
        });
        assert.deepEqual(await page({ limit: 0, continuation_token: 23 }), {
            temporary_permission_grants: [],
            has_more: false,
            continuation_token: null,
        });
    });
    await t.test('an exact end', async () => {
        const body = await page({ limit: 3, continuation_token: 20 });
        assert.equal(body.temporary_permission_grants.length, 3);
        assert.deepEqual([body.has_more, body.continuation_token], [false, null]);
    });
    await t.test('past the end', async () =>
        assert.deepEqual(await page({ continuation_token: 1000 }), {
            temporary_permission_grants: [],
            has_more: false,
            continuation_token: null,
        }),
    );
});
