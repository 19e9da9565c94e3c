// Many clients at once want the same thing: one gets it, the others get the
// answer that is true then, and no conflict reaches anybody as an error of the
// server, least of all SQLSTATE 40001, which PostgREST would repeat for ever.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { configure, sql } from './lib/database.mjs';
import { serverLog } from './lib/log.mjs';
import { createOrganization, grant, validBodies } from './lib/organization.mjs';

const clients = 50;
let organization;
before(async () => {
    await configure({ log_error_verbosity: 'verbose' });
    organization = await createOrganization();
});
after(() => configure({ log_error_verbosity: null }));

async function all(request) {
    const counts = {};
    const responses = await Promise.all(Array.from({ length: clients }, (_, i) => request(i)));
    for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1;
    return { counts, responses };
}

test('one name, many creators', async () => {
    const body = { ...validBodies.create_role(), role_name: 'Contended' };
    const { counts } = await all(() => organization.call('create_role', { body }));
    assert.deepEqual(counts, { 201: 1, 409: clients - 1 });
});

test('one role, many changes', async () => {
    const { counts, responses } = await all(i =>
        organization.call('modify_role', {
            role: 'Reader',
            body: { permission_grants: [grant('Document:Read', { region: `region ${i}` })] },
        }),
    );
    assert.deepEqual(counts, { 200: clients });
    assert.equal(new Set(responses.map(response => response.body.role_id)).size, clients);
    const current = await sql`SELECT count(*) FROM rbac.role_version JOIN rbac.role USING (role)
        WHERE organization = ${organization.name} AND role_name = 'Reader' AND expires_at IS NULL`;
    assert.equal(current, '1');
});

test('one user, many roles', async () => {
    for (let i = 0; i < 5; i++) await organization.addRole(`Role ${i}`);
    const { counts } = await all(i =>
        organization.call('assign_role', { role: `Role ${i % 5}`, body: { user_id: 'bob' } }),
    );
    assert.deepEqual(counts, { 200: clients });
    const held = await sql`SELECT count(*) FROM rbac.assignment
        WHERE organization = ${organization.name} AND principal_id = 'bob'`;
    assert.equal(held, '1');
});

test('a circle of roles that inherit', async () => {
    for (const name of ['A', 'B', 'C']) await organization.addRole(name);
    const next = { A: 'B', B: 'C', C: 'A' };
    const { counts } = await all(i => {
        const role = 'ABC'[i % 3];
        return organization.call('modify_role', { role, body: { inherited_from: [next[role]] } });
    });
    assert.deepEqual(Object.keys(counts).sort(), ['200', '400']);
});

test('the log, which shows SQLSTATEs, has no 40001', async () => {
    const log = await serverLog();
    assert.match(log, /ERROR: +PGRST: /);
    assert.doesNotMatch(log, /(ERROR|LOG): +40001: /);
});
