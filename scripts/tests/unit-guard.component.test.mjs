// The guard of unit tests refuses each way to wait or to leave the process, also when the code under test
// catches it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runGroup } from './run-group.mjs';

const folder = mkdtempSync(join(tmpdir(), 'watchbill-guard-'));
after(() => rmSync(folder, { recursive: true }));

const REFUSED = {
  'a global timer': 'setTimeout(() => {}, 1)',
  'an imported timer': "(await import('node:timers')).setInterval(() => {}, 1)",
  'a sleep': "await (await import('node:timers/promises')).setTimeout(1)",
  'a server': "(await import('node:http')).createServer().listen(0)",
  'a connection': "(await import('node:net')).connect(1)",
  'a process': "(await import('node:child_process')).spawn('true')",
  'a command': "(await import('node:child_process')).execFileSync('true')",
  'a thread': "new (await import('node:worker_threads')).Worker('0', { eval: true })",
  'a database': "new (await import('node:sqlite')).DatabaseSync(':memory:')",
  'a folder': "(await import('node:fs')).mkdtempSync('x')",
  'a written file': "await (await import('node:fs/promises')).writeFile('/dev/null', '')",
  'a file opened to write': "(await import('node:fs')).openSync('/dev/null', 'w')",
};
const ALLOWED = {
  'a read file': "(await import('node:fs')).readFileSync('/dev/null')",
  'a turn of the loop': 'await new Promise((resolve) => setImmediate(resolve))',
  'a deadline that is not waited for': 'AbortSignal.timeout(1000)',
};

async function results(bodies, wrap) {
  const tests = Object.entries(bodies).map(
    ([name, body]) => `test(${JSON.stringify(name)}, async () => { ${wrap(body)} });`,
  );
  const file = join(folder, `guarded-${Math.random()}.test.mjs`);
  writeFileSync(file, ["import test from 'node:test';", ...tests].join('\n'));
  return runGroup([file], { timeoutMs: 60_000, stop: new AbortController().signal, pure: true });
}

test('each of them fails the test that does it', async () => {
  const { files } = await results(REFUSED, (body) => body);
  const failures = files[0]?.failures ?? [];
  for (const name of Object.keys(REFUSED))
    assert.ok(
      failures.some((failure) => failure.startsWith(name) && failure.includes('a unit test must not')),
      `${name} was not refused:\n${failures.join('\n')}`,
    );
  assert.equal(files[0]?.passed, 0);
});

test('a refusal that the code catches still fails the process', async () => {
  const { files, output } = await results(
    { caught: 'setTimeout(() => {}, 1)' },
    (body) => `try { ${body} } catch {}`,
  );
  assert.deepEqual([files[0]?.passed, files[0]?.failed], [1, 1]);
  assert.match(output, /UNIT GUARD.*guarded-/s);
});

test('reading, and waiting for work that is already under way, are allowed', async () => {
  const { files } = await results(ALLOWED, (body) => body);
  assert.deepEqual([files[0]?.passed, files[0]?.failures], [3, []]);
});
