// 503 without PostgREST, and without the database; and what is too large to be
// answered.
import assert from 'node:assert/strict';
import { mkdtempSync, symlinkSync, unlinkSync } from 'node:fs';
import { before, test } from 'node:test';
import { allOperations, applicationOperations, assertErrorOf, assertRpcError, assertSuccess } from './lib/contract.mjs';
import { sql } from './lib/database.mjs';
import { send } from './lib/examples.mjs';
import { createOrganization } from './lib/organization.mjs';
import { freeServer, startGateway, startPostgrest, waitFor } from './lib/servers.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});

const names = Object.keys(allOperations);
const call = (name, server, options) => send(organization, name, { server, ...options });
const rpc = server => organization.rpc('get_roles', { organization: organization.name }, { server });

function assertUnavailable(name, response) {
    assertErrorOf(name, response, 503);
    assert.match(response.headers['retry-after'], /^[1-9]\d*$/);
    const { [name in applicationOperations ? 'message' : 'detail']: text } = response.body;
    assert.equal(text, 'The service is temporarily unavailable');
}

test('PostgREST is not there', async () => {
    const server = await startGateway(await freeServer());
    for (const name of names) {
        assertUnavailable(name, await call(name, server));
        assertErrorOf(name, await call(name, server, { headers: { Authorization: '' } }), 401);
    }
});

test('the database goes away, and comes back', async () => {
    const sockets = mkdtempSync(`${process.env.PGHOST}/sockets-`);
    const socket = `.s.PGSQL.${process.env.PGPORT}`;
    const link = () => symlinkSync(`${process.env.PGHOST}/${socket}`, `${sockets}/${socket}`);
    link();
    const parameters = '&application_name=goes_away';
    const postgrest = await startPostgrest({ PGRST_DB_CHANNEL_ENABLED: 'false' }, { sockets, parameters });
    const server = await startGateway(postgrest);
    for (const name of names) assertSuccess(name, await call(name, server));

    unlinkSync(`${sockets}/${socket}`);
    await sql`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'goes_away'`;
    for (const name of names) assertUnavailable(name, await call(name, server));
    const response = await rpc(postgrest);
    assertRpcError(response, 503);
    assert.match(response.body.code, /^PGRST00\d$/);

    link();
    await waitFor(200, () => rpc(postgrest));
    for (const name of names) assertSuccess(name, await call(name, server));
});

test('an answer of more than 16 MB ends the connection, and nothing else', async () => {
    await sql`SELECT count(rbac.create_role(${organization.name}, 'Large ' || n, repeat('x', 10000), '[]', 'client'))
              FROM generate_series(1, 1800) AS n`;
    await assert.rejects(call('get_roles'), { code: 'ECONNRESET' });
    assertSuccess('get_roles', await call('get_roles', undefined, { query: { name: 'Reader' } }));
});
