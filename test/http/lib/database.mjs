// SQL as the system, through psql: what fixtures and server settings need.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

function literal(value) {
    if (value === null || value === undefined) return 'NULL';
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return `'${text.replaceAll("'", "''")}'`;
}

// sql`SELECT ${value}`: values become literals, objects JSON; one transaction.
// Returns what psql prints, unaligned and without headers.
export async function sql(strings, ...values) {
    return execute(['-1', '-c', String.raw({ raw: strings.raw }, ...values.map(literal))]);
}

async function execute(args) {
    const { stdout } = await run('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', ...args]);
    return stdout.trimEnd();
}

// Change settings of the server, null for the default, and wait until they count
// in every session: the first new one to have them was let in by a postmaster
// that has told all others.
export async function configure(settings) {
    const commands = Object.entries(settings).flatMap(([name, value]) => [
        '-c',
        value === null ? `ALTER SYSTEM RESET ${name}` : `ALTER SYSTEM SET ${name} = ${literal(value)}`,
    ]);
    const loaded = () => sql`SELECT pg_conf_load_time()`;
    const before = await loaded();
    await execute([...commands, '-c', 'SELECT pg_reload_conf()']);
    while ((await loaded()) === before);
}

// How many requests one caller may make in a minute; null for any number.
export async function limitRequests(requests, ...operations) {
    await sql`INSERT INTO rbac.rate_limit SELECT jsonb_array_elements_text(${operations}), ${requests}::integer
              ON CONFLICT (operation) DO UPDATE SET requests = EXCLUDED.requests`;
}
