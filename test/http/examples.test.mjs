// examples/http.sh and serve.sh, on the data of examples/helpdesk.sql.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { request } from './lib/http.mjs';
import './lib/log.mjs';

const run = promisify(execFile);
const example = name => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

before(async () => {
    // the extension is there already
    const script = readFileSync(example('helpdesk.sql'), 'utf8').replace('CREATE EXTENSION rbac;', '');
    await run('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-c', script]);
});

// A path without its query, and ids of what was created.
const withoutId = path => path.split('?')[0].replace(/(?<=\/roles\/)[0-9a-f-]{24,36}/, 'ID');

test('http.sh shows what is done and what is refused', async () => {
    const { stdout } = await run('bash', [example('http.sh')]);
    const calls = [...stdout.matchAll(/^(\S+): (GET|POST|PUT|PATCH|DELETE) (\S+)(?:.*\n      .*|.*)\n  (\d+)\n  (.*)$/gm)];
    assert.deepEqual(calls.map(([, user, method, path, status]) => `${user} ${method} ${withoutId(path)} ${status}`), [
        'mona GET /v1/acme/role/ 200',
        'mona POST /v1/acme/role/ 201',
        'mona POST /v1/acme/role/Agent-latam 200',
        'mona POST /v1/acme/role/Agent-latam 200',
        'mona POST /v1/acme/role/Agent-latam/assign 200',
        'mona POST /v1/acme/role/temporary_permission_grant/ 201',
        'mona GET /v1/acme/role/temporary_permission_grants/ 200',
        'lead-emea POST /v1/acme/role/Agent-apac/assign 403',
        'mona POST /v1/acme/role/Agent-nowhere/assign 404',
        'mona GET /v1/acme/role/temporary_permission_grants/ 422',
        'nobody GET /v1/acme/role/ 401',
        'uma POST /roles 200',
        'uma GET /roles/ID 200',
        'uma PATCH /roles/ID 200',
        'uma POST /roles/ID/assignments 200',
        'uma GET /roles/ID/assignments 200',
        'uma DELETE /roles/ID/assignments 200',
        'uma DELETE /roles/ID 200',
        'uma POST /v1/applications/billing/roles 201',
        'uma GET /v1/applications/billing/roles 200',
        'uma PUT /v1/applications/billing/roles/ID 202',
        'uma GET /v1/applications/billing/roles/ID 200',
        'uma POST /v1/applications/billing/roles/ID/assignments 204',
        'uma DELETE /v1/applications/billing/roles/ID/assignments/crew 204',
        'uma DELETE /v1/applications/billing/roles/ID 202',
    ]);
    const [created, described, modified, assigned] = calls.slice(1, 5).map(([, , , , , body]) => JSON.parse(body).role_id);
    assert.equal(described, created, 'a description is written in place');
    assert.notEqual(modified, created, 'another view makes a new version');
    assert.equal(assigned, modified, 'which is the one that is assigned');
    assert.match(calls[7][5], /do not cover .*apac/, 'the refusal shows a request');
});

test('serve.sh prints a token that works, and ends when it is interrupted', async t => {
    const server = spawn('bash', [example('serve.sh')], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(server, 'exit');
    // the whole group, as a terminal does
    const signal = name => process.kill(-server.pid, name);
    t.after(() => server.exitCode ?? server.signalCode ?? signal('SIGKILL'));

    let text = '';
    for await (const chunk of server.stdout) {
        text += chunk;
        if (text.includes('Ctrl-C ends all of it.')) break;
    }
    const [, token] = /\n\n([\w-]+\.[\w-]+\.[\w-]+)\n\n/.exec(text);
    const [, path] = /^curl -i -H 'Authorization: Bearer [^']*' '[^']*?(\/v1[^']*)'$/m.exec(text);
    const response = await request('GET', path, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(response.status, 200, response.text);
    assert.deepEqual(response.body.roles.map(role => role.name), ['Manager']);

    signal('SIGINT');
    assert.deepEqual(await exited, [null, 'SIGINT']);
    assert.throws(() => signal(0), { code: 'ESRCH' }, 'nothing is left running');
});
