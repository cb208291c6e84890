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

test('a file that cannot be loaded fails with its error', async () => {
  const { passed, failed, output } = await runText('broken', "import './nowhere.mjs';");
  assert.deepEqual([passed, failed > 0], [0, true]);
  assert.match(output, /nowhere\.mjs/s);
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

test('a file without a test fails', async () => {
  const { failed, text } = await runText('empty', "console.log('nothing here');");
  assert.equal(failed, 1);
  assert.match(text, /holds no test/);
});

test('a process that exits with an error fails, although its tests passed', async () => {
  const exits =
    "import test from 'node:test'; test('holds', () => {}); process.on('exit', () => { process.exitCode = 7; });";
  const { failed, text } = await runText('exits', exits);
  assert.equal(failed, 1);
  assert.match(text, /ended with code 7/);
});

test('a rejected promise without a handler fails the process with its error', async () => {
  const loses = `import test from 'node:test';
    test('holds', async () => { Promise.reject(new Error('no handler')); await new Promise(setImmediate); });`;
  const { failed, text } = await runText('loses', loses);
  assert.equal(failed, 1);
  assert.match(text, /ended with code 1.*no handler/s);
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
