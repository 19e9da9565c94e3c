// Users who take turns on the one connection of a PostgREST with prepared
// statements: nobody gets what another one asked for.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertRpcError } from './lib/contract.mjs';
import { sql } from './lib/database.mjs';
import { request } from './lib/http.mjs';
import { createOrganization, grant } from './lib/organization.mjs';
import { startPostgrest } from './lib/servers.mjs';

const organizations = [];
let server;

before(async () => {
    for (let i = 0; i < 2; i++) {
        const organization = await createOrganization();
        await organization.addHolder('clerk', [grant('Role:GetRole', { role_name: 'Reader' })]);
        organizations.push(organization);
    }
    server = await startPostgrest(
        { PGRST_DB_POOL: '1', PGRST_DB_PREPARED_STATEMENTS: 'true', PGRST_DB_CHANNEL_ENABLED: 'false' },
        { parameters: '&application_name=pool_of_one' },
    );
});

const rpc = (name, body, token) =>
    request('POST', `/rpc/${name}`, { body, server, headers: token ? { Authorization: `Bearer ${token}` } : {} });

// What each of four users of two organizations sees of the first one's roles.
const views = () =>
    organizations
        .flatMap((own, i) => [
            { token: own.token('admin'), sees: i === 0 ? ['Reader', 'role of admin', 'role of clerk'] : [] },
            { token: own.token('clerk'), sees: i === 0 ? ['Reader'] : [] },
        ])
        .concat({ token: organizations[0].token('bob'), sees: [] });

async function assertView({ token, sees }) {
    const response = await rpc('get_roles', { organization: organizations[0].name }, token);
    assert.equal(response.status, 200, response.text);
    assert.deepEqual(response.body.roles.map(role => role.name).sort(), sees);
}

test('in turns', async () => {
    for (let round = 0; round < 20; round++) {
        for (const view of views()) await assertView(view);
    }
});

test('all at once', async () => {
    await Promise.all(Array.from({ length: 40 }, views).flat().map(assertView));
});

test('nobody, after somebody', async () => {
    for (const view of views()) {
        await assertView(view);
        assertRpcError(await rpc('get_roles', { organization: organizations[0].name }), 401, '28000');
    }
});

test('after an error, too', async () => {
    const [organization] = organizations;
    const modify = user =>
        rpc(
            'modify_role',
            { organization: organization.name, role_name: 'Reader', description: `By ${user}` },
            organization.token(user),
        );
    for (let round = 0; round < 10; round++) {
        assertRpcError(await modify('clerk'), 403, '42501');
        assert.equal((await modify('admin')).status, 200);
        assertRpcError(await modify('bob'), 403, '42501');
        assertRpcError(
            await rpc('modify_role', { organization: organization.name, role_name: 'Reader' }),
            401,
            '28000',
        );
    }
});

test('a change counts at once', async () => {
    const [organization] = organizations;
    const sees = async () =>
        (await rpc('get_roles', { organization: organization.name }, organization.token('ann'))).body.roles.length;
    await organization.addRole('Looker', [grant('Role:GetRole')]);
    for (let round = 0; round < 5; round++) {
        await organization.assign('Reader', 'ann');
        assert.equal(await sees(), 0);
        await organization.assign('Looker', 'ann');
        assert.equal(await sees(), 4);
    }
});

test('it was one connection, with prepared statements', async () => {
    assert.equal(
        await sql`SELECT count(*) FROM pg_stat_activity WHERE usename = 'authenticator' AND application_name = 'pool_of_one'`,
        '1',
    );
});
