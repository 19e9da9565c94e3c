// POST /v1/{organization}/role/temporary_permission_grant/, field by field.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertError, assertSuccess } from './lib/contract.mjs';
import { sql } from './lib/database.mjs';
import { createOrganization, everything, grant, validBodies } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});

const name = 'create_temporary_permission_grant';
const create = (changes, options) =>
    organization.call(name, { body: { ...validBodies[name](), ...changes }, ...options });

test('what was created can be read', async () => {
    const body = validBodies[name]();
    const response = await organization.call(name, { body });
    assertSuccess(name, response);
    assert.deepEqual(Object.keys(response.body).sort(), ['expires_at', 'temporary_permission_grant_id']);
    const { temporary_permission_grant_id: id, expires_at } = response.body;
    const listed = await organization.call('get_temporary_permission_grants', { query: { id } });
    const { created_at, updated_at, ...rest } = listed.body.temporary_permission_grants[0];
    assert.deepEqual(rest, {
        _id: id,
        org_id: organization.name,
        user_id: 'bob',
        expires_at,
        permission_grant: body.permission_grant,
        justification: body.justification,
        tags: body.tags,
        creator: { org_id: organization.name, user_id: 'admin' },
    });
});

test('duration is an ISO 8601 duration, from now on', async () => {
    for (const [duration, seconds] of Object.entries({
        PT1S: 1,
        PT90M: 5400,
        P1DT12H: 129600,
        P2W: 1209600,
        P30D: 2592000,
    })) {
        const response = await create({ duration });
        assertSuccess(name, response);
        const remaining = (Date.parse(response.body.expires_at) - Date.now()) / 1000;
        assert.ok(Math.abs(remaining - seconds) < 5, `${duration}: ${remaining}`);
    }
});

test('unsuitable durations', async t => {
    for (const duration of [
        '',
        'P',
        'PT',
        'PT0S',
        'P31D',
        'P1Y',
        'P1M',
        '1 day',
        '3600',
        '-PT1H',
        'PT1H ',
        'infinity',
    ]) {
        await t.test(JSON.stringify(duration), async () =>
            assertError(await create({ duration }), 422, ['body', 'duration']),
        );
    }
});

test('the organization bounds the duration', async () => {
    const strict = await createOrganization({ max_temporary_grant: 'P3D' });
    const body = duration => ({ body: { ...validBodies[name](), duration } });
    assertSuccess(name, await strict.call(name, body('P3D')));
    assertError(await strict.call(name, body('PT259201S')), 422, ['body', 'duration']);
});

test('tags', async () => {
    const twenty = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key ${i}`, `value_${i}`]));
    for (const tags of [{}, twenty, { 'Straße 7': 'größer', 数: null }]) assertSuccess(name, await create({ tags }));
    const unsuitable = [
        { ...twenty, more: 'x' },
        { '': 'x' },
        { key: '' },
        { 'TICKET-456': 'x' },
        { key: 'a:b' },
        { key: '*' },
        { key: 5 },
        { key: ['x'] },
    ];
    for (const tags of unsuitable) assertError(await create({ tags }), 422, ['body', 'tags']);
});

test('justification has ten characters once stripped', async () => {
    assertSuccess(name, await create({ justification: '  0123456789 ' }));
    for (const justification of ['', '012345678', ' 012345678 ', '\u3000'.repeat(12)]) {
        assertError(await create({ justification }), 422, ['body', 'justification']);
    }
});

test('permission_grant is one that the registry knows', async () => {
    const unsuitable = [
        grant('Document:Burn'),
        grant('Document:Read', { pages: 'x' }),
        grant('Document:Read', { colour: 'x' }),
        {},
    ];
    for (const permission_grant of unsuitable) {
        assertError(await create({ permission_grant }), 422, ['body', 'permission_grant']);
    }
});

test('the user has to exist', async () => {
    for (const user_id of ['No such user', '']) assertError(await create({ user_id }), 404);
});

test('the grant allows until it expires', async () => {
    const allowed = () =>
        sql`SELECT rbac.check_access(${organization.name}, 'ann', 'Document:Write', '{"region": "us"}')`;
    assert.equal(await allowed(), 'f');
    assertSuccess(
        name,
        await create({ user_id: 'ann', duration: 'PT2S', permission_grant: grant('Document:Write', { region: 'us' }) }),
    );
    assert.equal(await allowed(), 't');
    await new Promise(done => setTimeout(done, 2100));
    assert.equal(await allowed(), 'f');
});

test('the caller needs the permission for this grant, and more than the grant', async () => {
    await organization.addHolder('clerk', [
        grant('Role:CreateTemporaryPermissionGrant', { user_id: 'bob', permission_name: 'Document:Read' }),
        grant('Document:Read', { region: 'us' }),
    ]);
    const options = { user: 'clerk' };
    assertSuccess(name, await create({}, options));
    assertError(await create({ user_id: 'ann' }, options), 403);
    assertError(await create({ permission_grant: grant('Document:Read', { region: 'eu' }) }, options), 403);
    assertError(await create({ permission_grant: grant('Document:Write', { region: 'us' }) }, options), 403);
    assertError(await create({ permission_grant: everything[0] }), 403);
});

test('temporary grants do not count when privileges are compared', async () => {
    await organization.addHolder('temporary', [
        grant('Role:CreateTemporaryPermissionGrant'),
        grant('Document:Read', { region: 'eu' }),
    ]);
    assertSuccess(name, await create({ user_id: 'temporary', permission_grant: grant('Document:Read') }));
    assertError(await create({}, { user: 'temporary' }), 403);
    assertError(
        await organization.call('assign_role', {
            user: 'temporary',
            role: await addRole('Of us', [grant('Document:Read', { region: 'us' })]),
            body: { user_id: 'bob' },
        }),
        403,
    );
});

async function addRole(role, grants) {
    await organization.addRole(role, grants);
    return role;
}
