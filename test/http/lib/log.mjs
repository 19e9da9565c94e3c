// What the servers log while a test file runs: never an error of their own.
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { after, before } from 'node:test';

const file = `${process.env.PGHOST}/server.log`;
let start;

before(async () => {
    start = (await stat(file)).size;
});

// The log of PostgreSQL since the test file began.
export async function serverLog() {
    return (await readFile(file)).subarray(start).toString();
}

// "request failed" is how rbac_api logs what clients see as status 500.
const failures = /.*(request failed|could not serialize|PANIC|TRAP|terminated by signal).*/g;
const failuresOfNginx = /.*(\[alert\]|\[crit\]|\[emerg\]|js exception).*/g;

after(async () => {
    assert.deepEqual((await serverLog()).match(failures), null);
    assert.deepEqual((await readFile(`${process.env.RBAC_LOGS}/nginx.log`, 'utf8')).match(failuresOfNginx), null);
});
