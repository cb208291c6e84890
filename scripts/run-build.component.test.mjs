// Fake builds that end in every way: they leave no process and no unfinished folder.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { start as startProgram, until } from './node/testing/fake-cargo.mjs';
import { endGroup } from './process-group.mjs';
import { runStep } from './run-step.mjs';
import { isRunning } from './running.mjs';

const HERE = new URL('.', import.meta.url).href;
const SLOW = 'sleep 1000 & echo "group $$ and $!" >&2; sleep 1000';

/** A build script that runs this shell text as its only step, in a folder of the test. */
function ground(context, shell, options = '') {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-run-build-'));
  const script = join(folder, 'build.mjs');
  const cache = join(folder, 'cache');
  writeFileSync(
    script,
    `import { inWorkFolder } from '${HERE}build-cache.mjs';
    import { runBuild } from '${HERE}run-build.mjs';
    import { runStep } from '${HERE}run-step.mjs';
    import { writeFileSync } from 'node:fs';
    await runBuild({ what: 'the fake', again: 'node build.mjs' }, () =>
      inWorkFolder('${join(cache, 'fake-1')}', async (work) => {
        writeFileSync(work + '/half', 'written');
        await runStep('sh', ['-c', ${JSON.stringify(shell)}], { cwd: work, env: process.env, ${options} });
        process.stdout.write('built');
        return 0;
      }));`,
  );
  const groups = [];
  context.after(async () => {
    for (const group of groups) await endGroup(group, { signal: 'SIGKILL', graceMs: 1_000 });
    rmSync(folder, { recursive: true, force: true });
  });
  return { script, groups, cache, left: () => readdirSync(cache) };
}

/** Starts the script, or a program that starts it. `stepPids`: the step and its process in the background. */
function start({ script, groups }, program = process.execPath, args = [script]) {
  const started = startProgram(args, process.env, program);
  const said = () => started.said.stderr;
  const stepPids = async () => {
    const found = await until(() => /group (\d+) and (\d+)/.exec(said()), said);
    const pids = found.slice(1).map(Number);
    groups.push(pids[0]);
    return pids;
  };
  return { ...started, stepPids };
}

for (const [what, signal, code, ...fakeStep] of [
  ['SIGTERM ends', 'SIGTERM', 143, SLOW],
  ['SIGINT ends', 'SIGINT', 130, SLOW],
  ['SIGHUP ends', 'SIGHUP', 129, SLOW],
  ['SIGKILL, after a SIGTERM that it ignores, ends', 'SIGTERM', 143, `trap '' TERM; ${SLOW}`, 'graceMs: 100'],
])
  test(`${what} the step with all its processes, and removes the folder`, async (context) => {
    const fake = ground(context, ...fakeStep);
    const { child, stepPids, outcome } = start(fake);
    const pids = await stepPids();
    assert.equal(fake.left().length, 1);
    child.kill(signal);
    const { stderr, ...ended } = await outcome();
    assert.deepEqual(ended, { code, stdout: '' });
    assert.ok(stderr.includes(`the fake: stopped: ${signal}. To go on, run: node build.mjs`), stderr);
    assert.ok(!pids.some(isRunning));
    assert.deepEqual(fake.left(), []);
  });

test('the build stops when the process that started it is killed', async (context) => {
  const fake = ground(context, SLOW);
  const args = ['-c', '"$0" "$1" & wait', process.execPath, fake.script];
  const { child, stepPids } = start(fake, 'sh', args);
  const pids = await stepPids();
  child.kill('SIGKILL');
  await until(() => !pids.some(isRunning));
  await until(() => fake.left().length === 0, fake.left);
});

test('a build that is killed leaves no process of its step', async (context) => {
  const fake = ground(context, SLOW);
  const { child, stepPids } = start(fake);
  const pids = await stepPids();
  child.kill('SIGKILL');
  await until(() => !pids.some(isRunning));
});

test('a process that a step leaves in the background ends with the step', async (context) => {
  const fake = ground(context, 'sleep 1000 & echo "group $$ and $!" >&2; exit 0');
  const { stepPids, outcome } = start(fake);
  const pids = await stepPids();
  const { code, stdout } = await outcome();
  assert.deepEqual([code, stdout], [0, 'built']);
  assert.ok(!pids.some(isRunning));
});

test('the answer of a step is returned and not shown', async () => {
  const args = ['-c', 'echo progress >&2; echo answer'];
  const options = { cwd: tmpdir(), env: process.env, answer: true, quiet: true };
  assert.equal(await runStep('sh', args, options), 'answer\n');
  const missing = runStep('watchbill-no-such-program', [], options);
  await assert.rejects(missing, { missing: 'watchbill-no-such-program' });
});

test('a step that fails: its last lines decide what the one line says', async (context) => {
  const full = ground(context, 'echo "write: No space left on device" >&2; exit 1');
  const { code, stderr } = await start(full).outcome();
  assert.equal(code, 1);
  assert.match(stderr, /^the fake: not built: the disk is full .* then run: node build\.mjs$/m);
  const other = await start(ground(context, 'echo why >&2; exit 3')).outcome();
  assert.match(other.stderr, /^why\nthe fake: not built: sh -c .* ended with code 3; its output is above\./);
  assert.deepEqual(full.left(), []);
});

test('the folder of a build that is gone is removed after a day, that of a running one is not', async (context) => {
  const fake = ground(context, 'exit 0');
  const { child: gone, outcome } = startProgram([], process.env, 'true');
  await outcome();
  const folders = [
    `x-1.building-${gone.pid}-a`,
    `x-2.building-${process.pid}-b`,
    `x-3.building-${gone.pid}-c`,
    'x-4',
  ];
  for (const name of folders) mkdirSync(join(fake.cache, name), { recursive: true });
  const twoDaysAgo = Date.now() / 1_000 - 2 * 86_400;
  for (const name of [folders[0], folders[1], folders[3]])
    utimesSync(join(fake.cache, name), twoDaysAgo, twoDaysAgo);
  assert.equal((await start(fake).outcome()).code, 0);
  assert.deepEqual(fake.left().sort(), folders.slice(1));
});
