// The process of tests: its counts and its output, and that no file can hang it or outlive it.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isRunning } from '../running.mjs';
import { runGroup } from './run-group.mjs';

const folder = mkdtempSync(join(tmpdir(), 'watchbill-runner-'));
after(() => rmSync(folder, { recursive: true }));

function fileOf(name, text) {
  const file = join(folder, `${name}.test.mjs`);
  writeFileSync(file, text);
  return file;
}

const run = (files, options = {}) =>
  runGroup(files, { timeoutMs: 60_000, stop: new AbortController().signal, ...options });

async function runText(name, text, options) {
  const { files, ...rest } = await run([fileOf(name, text)], options);
  return { ...rest, ...files[0], text: files[0]?.failures.join('\n') ?? '' };
}

test('passes, failures and skips are added up, and a failure is shown with its output', async () => {
  const { passed, failed, skipped, text, output } = await runText(
    'mixed',
    `import { describe, it } from 'node:test';
     describe('a suite', () => {
       it('holds', () => {});
       it('breaks', () => { console.log('said before'); throw new Error('the reason'); });
       it.skip('waits', () => {});
     });`,
  );
  assert.deepEqual([passed, failed, skipped], [1, 1, 1]);
  assert.match(text, /breaks \(line 4\).*the reason/s);
  assert.match(output, /said before/);
});

test('results that another process wrote into are a failure', async () => {
  const text = `import test from 'node:test';
    import { existsSync, openSync, writeSync } from 'node:fs';
    import { setTimeout } from 'node:timers/promises';
    test('writes', async () => {
      const [, path] = process.execArgv.find((one) => one.startsWith('--test-reporter-destination')).split('=');
      while (!existsSync(path)) await setTimeout(5);
      // The reporter of this process writes before that place, and leaves zeros between.
      writeSync(openSync(path, 'r+'), '{"type":"ended"}\\n', 100_000);
    });`;
  const { failed, text: said } = await runText('damages', text);
  assert.equal(failed, 1);
  assert.match(said, /another process wrote into the results.*execArgv: \[\]/);
});

// Files that fail, by the reason: their text, their number of failures, and words of the failures.
const FAILING = {
  'it cannot be loaded': ["import './nowhere.mjs';", 1, /nowhere|holds no test|code 1/],
  'it has no test': ["console.log('nothing here');", 1, /holds no test/],
  'its process exits with an error': [
    "test('holds', () => {}); process.on('exit', () => { process.exitCode = 7; });",
    ...[1, /ended with code 7/],
  ],
  'a rejected promise has no handler, beside a test that fails': [
    "test('one', () => { Promise.reject(new Error('no handler')); }); test('two', () => { throw new Error('no'); });",
    ...[2, /two.*no handler/s],
  ],
  'its process exits in the middle of a test': [
    "test('holds', () => sleep(20)); test('exits', async () => { await sleep(200); process.exit(0); }); test('breaks');",
    ...[1, /in the middle of a test/],
  ],
  'a test fails after it said that it is skipped': [
    "test('skips', (t) => { t.skip('no disk'); throw new Error('no'); });",
    ...[1, /skips \(line 1\)/],
  ],
};

for (const [why, [text, failures, said]] of Object.entries(FAILING))
  test(`a file fails if ${why}`, async () => {
    const imports =
      "import test from 'node:test'; import { setTimeout as sleep } from 'node:timers/promises'; ";
    const found = await runText('fails', imports + text);
    assert.equal(found.failed, failures);
    assert.match(found.text, said);
  });

test('what no file of a shared process is known to have done fails the process, under a name that is not run again', async () => {
  const good = fileOf('innocent', "import test from 'node:test'; test('one', () => {});");
  const late = fileOf(
    'late',
    "import test from 'node:test'; test('two', () => { Promise.reject(new Error('no handler')); });",
  );
  const { files } = await run([good, late]);
  assert.equal(files.map(({ passed, failed }) => `${passed} ${failed}`).join(), '1 0,1 0,0 1');
  assert.match(files[2]?.file ?? '', /^the process of .*innocent\.test\.mjs and 1 more$/);
  assert.match(files[2]?.failures[0] ?? '', /no handler/);
});

test('a child that a test forks runs none of its tests', async () => {
  const forks = `import test from 'node:test'; import { fork } from 'node:child_process'; import { once } from 'node:events';
    if (process.argv[2] === 'child') process.exit(0);
    test('forks', async () => { await once(fork(process.argv[1], ['child']), 'close'); });`;
  const { passed, failed } = await runText('forks', forks);
  assert.deepEqual([passed, failed], [1, 0]);
});

test('how long a process stays after its last test is measured, and is not a failure', async () => {
  const text = "import test from 'node:test'; test('done', () => { setTimeout(() => {}, 2000); });";
  const { passed, failed, idleSeconds } = await runText('lingers', text);
  assert.deepEqual([passed, failed], [1, 0]);
  assert.ok(idleSeconds > 1, String(idleSeconds));
});

test('a process that does not end is ended with its children, and names the last test', async () => {
  const pidFile = join(folder, 'pid');
  const { failed, text } = await runText(
    'hangs',
    `import test from 'node:test'; import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
     test('the slow one', async () => {
       const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
       writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
       await new Promise((resolve) => setTimeout(resolve, 1e6));
     });`,
    { timeoutMs: 4_000 },
  );
  assert.ok(failed >= 1);
  assert.match(text, /did not end within its time.*the slow one/s);
  assert.ok(!isRunning(Number(readFileSync(pidFile, 'utf8'))));
});

test('a child that a passing file leaves behind is ended', async () => {
  const pidFile = join(folder, 'left');
  const { passed, failed } = await runText(
    'leaves',
    `import test from 'node:test'; import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
     test('leaves a child', () => {
       const child = spawn('sleep', ['1000'], { stdio: 'inherit' });
       child.unref();
       writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
     });`,
  );
  assert.deepEqual([passed, failed], [1, 0]);
  assert.ok(!isRunning(Number(readFileSync(pidFile, 'utf8'))));
});

test('files of one process keep their own counts, and one without a test is found', async () => {
  const good = fileOf('good', "import test from 'node:test'; test('one', () => {}); test('two', () => {});");
  const bad = fileOf('bad', "import test from 'node:test'; test('three', () => { throw new Error('no'); });");
  const none = fileOf('none', 'export const nothing = 1;');
  const broken = fileOf('unloadable', "import './nowhere.mjs';");
  const { files } = await run([good, broken, bad, none]);
  assert.deepEqual(
    files.map(({ passed, failed }) => [passed, failed]),
    [
      [2, 0],
      [0, 1],
      [0, 1],
      [0, 1],
    ],
  );
  assert.match(files[1]?.failures[0] ?? '', /the file itself.*nowhere/s);
  assert.match(files[3]?.failures[0] ?? '', /the file has no test/);
});

test('a hook of a file counts for its own tests', async () => {
  const first = fileOf(
    'first',
    "import test from 'node:test'; test('one', () => { console.log('one ran'); });",
  );
  const hook = fileOf(
    'hook',
    "import test, { beforeEach } from 'node:test'; beforeEach(() => { console.log('hook ran'); }); test('two', () => {});",
  );
  const awaits = fileOf('awaits', "import test from 'node:test'; await 1; test('three', () => {});");
  const { files, output } = await run([first, hook, awaits]);
  assert.deepEqual(
    files.map(({ passed }) => passed),
    [1, 1, 1],
  );
  assert.match(output, /^one ran\nhook ran\n$/);
});

test('a property runs a fifth of its count with the fixed seed', async () => {
  const { output } = await runText(
    'draws',
    `import test from 'node:test';
     import fc from ${JSON.stringify(import.meta.resolve('fast-check'))};
     import byName from 'fast-check';
     test('draws', () => {
       let runs = 0;
       byName.assert(byName.property(byName.nat(), () => { runs += 1; }), { numRuns: 50 });
       console.log('runs', runs, 'seed', fc.readConfigureGlobal().seed);
     });`.replaceAll("from 'fast-check'", `from '${'fast-check'}'`),
  );
  assert.match(output, /runs 10 seed 20261120/);
});
