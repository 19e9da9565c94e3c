// docs/http-examples.md: its requests get the answers that it shows.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const page = readFileSync(new URL('../../docs/http-examples.md', import.meta.url), 'utf8');

// A curl that prints the status, and then the body.
const home = mkdtempSync(join(tmpdir(), 'curl-'));
writeFileSync(join(home, '.curlrc'), 'silent\nwrite-out = "%{stderr}%{http_code}"\n');

async function shell(script) {
    const { stdout, stderr } = await run('bash', ['-euc', script], { env: { ...process.env, CURL_HOME: home } });
    return { status: stderr, body: stdout };
}

// JSON without what is different in every run.
const normalized = json => json && JSON.parse(json
    .replaceAll(/"([0-9a-f]{24}|[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12})"/g, '"an id"')
    .replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"/g, '"an instant"'));

// The fenced blocks of the page, and the lines before them.
const blocks = [...page.matchAll(/([^\n]*)\n\n^```(\w*)\n(.*?)^```$/gms)]
    .map(([, title, language, text]) => ({ title, language, text }));
const isAnswer = block => block?.language === '';
// What a reader has run in the same shell by then, but for requests.
const preamble = n => blocks.slice(0, n).filter((block, i) => block.language === 'sh' && !isAnswer(blocks[i + 1]))
    .map(block => block.text);

for (const [i, { title, language, text }] of blocks.entries()) {
    if (language === 'sql') {
        test('the SQL of the page', () => run('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-c', text]));
    }
    if (language === 'sh' && isAnswer(blocks[i + 1])) {
        const [, status, body] = /^(\d{3})\n(.*)$/s.exec(blocks[i + 1].text);
        test(title, async () => {
            const received = await shell([...preamble(i), text].join('\n'));
            assert.equal(received.status, status, received.body);
            assert.deepEqual(normalized(received.body), normalized(body));
        });
    }
}
