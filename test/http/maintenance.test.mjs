// Maintenance: on and off without a restart, for everything over HTTP.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { allOperations, assertErrorOf, assertRpcError, assertSuccess } from './lib/contract.mjs';
import { configure, sql } from './lib/database.mjs';
import { send } from './lib/examples.mjs';
import { createOrganization } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});
after(() => configure({ 'rbac.maintenance': null }));

const names = Object.keys(allOperations);
const call = name => send(organization, name);

test('on, for new and old connections', async () => {
    for (const name of names) assertSuccess(name, await call(name));
    await configure({ 'rbac.maintenance': 'on' });
    for (const name of names) {
        const responses = await Promise.all(Array.from({ length: 10 }, () => call(name)));
        for (const response of responses) assertErrorOf(name, response, 503);
        assert.match(responses[0].headers['retry-after'], /^[1-9]\d*$/);
    }
    assertRpcError(await organization.rpc('get_roles', { organization: organization.name }), 503, '57P03');
    assertRpcError(await organization.rpc('sign_in_with_api_key', { organization: organization.name }), 503, '57P03');
});

test('SQL still works', async () => {
    await organization.addRole('Made in maintenance');
    assert.equal(
        await sql`SELECT count(*) FROM rbac.get_roles(${organization.name}, name => '{Made in maintenance}')`,
        '1',
    );
});

test('off again', async () => {
    await configure({ 'rbac.maintenance': null });
    for (const name of names) assertSuccess(name, await call(name));
});
