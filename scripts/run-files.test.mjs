// The runner of `npm test` itself: what it counts, what it shows, and that nothing can hang it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCommands } from './run-commands.mjs';
import { runFiles } from './run-files.mjs';

const folder = mkdtempSync(join(tmpdir(), 'watchbill-runner-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs one file with this text; a test process does not start node:test's runner, so its mark is taken off. */
async function runText(name, text, fileTimeoutMs = 60_000) {
  const file = join(folder, `${name}.test.mjs`);
  writeFileSync(file, text);
  const mark = process.env.NODE_TEST_CONTEXT;
  delete process.env.NODE_TEST_CONTEXT;
  try {
    const stop = new AbortController().signal;
    return await runFiles([file], { atOnce: 1, fileTimeoutMs, stop, print: () => {} });
  } finally {
    if (mark !== undefined) process.env.NODE_TEST_CONTEXT = mark;
  }
}

test('passes, failures and skips are added up, and a failure is shown with its output', async () => {
  const totals = await runText(
    'mixed',
    `import { describe, it } from 'node:test';
     describe('a suite', () => {
       it('holds', () => {});
       it('breaks', () => { console.log('said before'); throw new Error('the reason'); });
       it.skip('waits', () => {});
     });`,
  );
  assert.deepEqual([totals.passed, totals.failed, totals.skipped], [1, 1, 1]);
  assert.match(totals.reports.join(), /breaks \(line 4\).*the reason.*said before/s);
});

test('a file that cannot be loaded fails with its error', async () => {
  const totals = await runText('broken', "import './nowhere.mjs';");
  assert.deepEqual([totals.passed, totals.failed], [0, 1]);
  assert.match(totals.reports.join(), /nowhere\.mjs/s);
});

test('a file without a test fails', async () => {
  const totals = await runText('empty', "console.log('nothing here');");
  assert.deepEqual([totals.passed, totals.failed], [0, 1]);
  assert.match(totals.reports.join(), /holds no test/s);
});

test('how long a file stays after its last test is told, and is no failure', async () => {
  const text = "import test from 'node:test'; test('done', () => { setTimeout(() => {}, 2000); });";
  const { passed, failed, times } = await runText('lingers', text);
  assert.deepEqual([passed, failed], [1, 0]);
  assert.ok((times[0]?.idleSeconds ?? 0) > 1, JSON.stringify(times));
});

test('a file that stays open is ended and fails', async () => {
  const text = "import test from 'node:test'; test('done', () => { setInterval(() => {}, 1000); });";
  const totals = await runText('open', text, 4_000);
  assert.deepEqual([totals.passed, totals.failed], [1, 1]);
  assert.match(totals.reports.join(), /did not end within 4 s; the last test that ended: done/s);
});

test('a test that never ends is ended and fails', async () => {
  const text =
    "import test from 'node:test'; test('waits', () => new Promise(() => setInterval(() => {}, 1000)));";
  const totals = await runText('never', text, 4_000);
  assert.deepEqual([totals.passed, totals.failed > 0], [0, true]);
  assert.match(totals.reports.join(), /waits/s);
});

test('a command counts as one test, and its output is shown when it fails', async () => {
  const stop = new AbortController().signal;
  const totals = await runCommands(
    [
      { name: 'good', args: ['-e', ''] },
      { name: 'bad', args: ['-e', 'console.error("what is wrong"); process.exit(3)'] },
      { name: 'slow', args: ['-e', 'setInterval(() => {}, 1000)'] },
    ],
    { timeoutMs: 2_000, stop, print: () => {} },
  );
  assert.deepEqual([totals.passed, totals.failed, totals.skipped], [1, 2, 0]);
  assert.match(totals.reports[0], /FAILED bad.*code 3.*what is wrong/s);
  assert.match(totals.reports[1], /FAILED slow.*ended after its 2 s/s);
});

test('random properties begin with one seed, and in the long form with another each time', async () => {
  const library = import.meta.resolve('fast-check');
  const text = `import { test } from 'node:test';
     import fc from '${library}';
     test('shows', () => { throw new Error('seed ' + fc.readConfigureGlobal()?.seed); });`;
  const seedIn = async (name) => /seed (\w+)/.exec((await runText(name, text)).reports.join())?.[1];
  const long = process.env.WATCHBILL_LONG;
  try {
    delete process.env.WATCHBILL_LONG;
    assert.match(await seedIn('seeded'), /^[0-9]+$/);
    process.env.WATCHBILL_LONG = '1';
    assert.equal(await seedIn('drawn'), 'undefined');
  } finally {
    if (long === undefined) delete process.env.WATCHBILL_LONG;
    else process.env.WATCHBILL_LONG = long;
  }
});
