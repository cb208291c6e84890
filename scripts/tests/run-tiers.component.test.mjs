// A whole run: what it prints, what it runs again, and that a killed run leaves no process and no folder
// behind.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PINNED_NODE, ROOT } from '../pinned.mjs';
import { isRunning } from '../running.mjs';
import { PLAIN } from './tiers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'watchbill-runs-'));
after(() => rmSync(folder, { recursive: true }));
// Packing takes seconds, and no test here starts the command.
process.env.WATCHBILL_PACKED = 'none';
/** A safety net only: nothing here is expected to take long. */
const DEADLINE_MS = 60_000;

/**
 * A run of one tier with one file of tests; the tier is made in a script beside it. `earlier`: seconds by
 * name, as an earlier run left them.
 */
function start(name, suite, body, tier = {}, { env: more = {}, args = [], earlier = {} } = {}) {
  const own = mkdtempSync(join(folder, `${name}-`));
  const file = join(own, 'one.test.mjs');
  writeFileSync(file, `import test from 'node:test'; const here = ${JSON.stringify(own)};\n${body}`);
  const reports = join(own, 'cache/watchbill/tests');
  mkdirSync(reports, { recursive: true });
  const files = Object.entries(earlier).map(([file, seconds]) => ({ file, seconds }));
  writeFileSync(join(reports, 'real.json'), JSON.stringify({ files }));
  const script = join(own, 'run.mjs');
  const module = (path) => JSON.stringify(new URL(path, import.meta.url).href);
  writeFileSync(
    script,
    `import { runTiers } from ${module('run-tiers.mjs')}; import { PLAIN } from ${module('tiers.mjs')};
     const tier = { ...PLAIN, name: 'one', what: 'a test', budgetSeconds: 60, capability: 'duty',
       files: [${JSON.stringify(relative(ROOT, file))}], ...${JSON.stringify(tier)} };
     if (tier.longBuild) tier.longBuild.isBuilt = () => false;
     process.exitCode = await runTiers(${JSON.stringify(suite)}, [tier, ...(tier.next ?? [])]);`,
  );
  const { NODE_TEST_CONTEXT: _, npm_lifecycle_event: __, ...env } = process.env;
  const child = spawn(PINNED_NODE, [script, ...args], {
    env: { ...env, TMPDIR: own, XDG_CACHE_HOME: join(own, 'cache'), CI: 'false', ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const ended = new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
  return { child, ended, own };
}

async function until(holds) {
  for (const endMs = Date.now() + DEADLINE_MS; Date.now() < endMs; await sleep(20)) if (holds()) return;
  assert.fail(`did not come true: ${holds}`);
}

const HOLDS = "test('holds', () => {});";
const command = (name) => ({ name, args: ['-e', ''] });
const leftovers = (own) => readdirSync(own).filter((name) => name.startsWith('wb-'));
const HANGS = `import { spawn } from 'node:child_process'; import { writeFileSync, mkdtempSync } from 'node:fs'; import { tmpdir } from 'node:os';
  test('hangs', async () => {
    mkdtempSync(tmpdir() + '/left-');
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    writeFileSync(here + '/pids', process.pid + ' ' + child.pid);
    await new Promise((resolve) => setTimeout(resolve, 1e6));
  });`;
const pids = (own) => readFileSync(join(own, 'pids'), 'utf8').split(' ').map(Number);

test('a run ends with the line that counts, and its report has the seconds of each file', async () => {
  const { ended, own } = start('good', 'real', "test('holds', () => {}); test.skip('waits', () => {});");
  const { code, output } = await ended;
  assert.equal(code, 0, output);
  assert.match(output, /\n1 passed, 0 failed, 1 skipped\n$/);
  const report = JSON.parse(readFileSync(join(own, 'cache/watchbill/tests/real.json'), 'utf8'));
  assert.deepEqual([report.files.length, report.files[0].passed, report.files[0].flaky], [1, 1, false]);
});

test('npm test shows a command that says something and has passed, and names what it did not run', async () => {
  const command = (name, more) => ({ name, args: ['-e', `console.log('${name} 1\\n${name} 2')`], ...more });
  const tier = { commands: [command('table', { says: true }), command('quiet')] };
  const { code, output } = await start('says', 'quick', HOLDS, tier).ended;
  assert.equal(code, 0, output);
  assert.match(output, /^ {2}table 1\n {2}table 2$/m);
  assert.doesNotMatch(output, /quiet/);
  assert.match(output, /not run: \d+ real tiers: npm run test:real\n3 passed, 0 failed, 0 skipped\n$/);
});

const FAILS_ONCE = (message) => `import { existsSync, writeFileSync } from 'node:fs';
  test('fails the first time', () => {
    console.log('seed 42');
    if (existsSync(here + '/before')) return;
    writeFileSync(here + '/before', '');
    throw new Error(${JSON.stringify(message)});
  });`;

test('a file that fails once is flaky, printed with its seed, and kept', async () => {
  const { ended, own } = start('flaky', 'real', FAILS_ONCE('too slow'));
  const { code, output } = await ended;
  assert.equal(code, 0, output);
  assert.match(output, /FLAKY .*one\.test\.mjs: passed when it ran by itself \(seed 42, load [\d.]+\)/);
  assert.match(output, /1 of 1 files are flaky\n/);
  const kept = JSON.parse(readFileSync(join(own, 'cache/watchbill/tests/flaky.jsonl'), 'utf8'));
  assert.match(kept.file, /one\.test\.mjs$/);
  assert.match(kept.failures[0], /too slow/);
});

test('a failed tier ends a run of a change, and a run of all goes on; so does a command with its next one', async () => {
  const next = (name) => ({ name: `after ${name}`, args: ['-e', ''] });
  const alone = (name, code) => ({
    name,
    args: ['-e', `process.exit(${code})`],
    alone: true,
    next: next(name),
  });
  const two = { ...PLAIN, name: 'two', budgetSeconds: 60, commands: [alone('late', 0)] };
  const changes = { next: [two], commands: [alone('first', 1)] };
  const fails = "test('no', () => { throw new Error('the reason'); });";
  // Since the empty tree each file has changed, so the run has each tier.
  const args = ['--changed', '4b825dc642cb6eb9a060e54bf8d69288fbee4904'];
  const { code, output } = await start('early', 'quick', fails, changes, { args }).ended;
  assert.equal(code, 1, output);
  assert.match(output, /^\d+ files differ .*\neverything is chosen, because /);
  assert.match(output, /\n {2}by itself: node_modules\/\.bin\/node --test .*one\.test\.mjs\n/);
  assert.match(output, /LEFT OUT two: one failed before 1 of its 1 files and commands\n/);
  assert.match(output, /\n0 passed, 2 failed, 0 skipped\n$/);
  const all = await start('all', 'quick', fails, changes).ended;
  assert.match(all.output, /\n2 passed, 2 failed, 0 skipped\n$/);
});

test('a verdict about safety fails the run at once', async () => {
  const { code, output } = await start('unsafe', 'real', FAILS_ONCE('slot 7 was granted twice')).ended;
  assert.equal(code, 1, output);
  assert.doesNotMatch(output, /once more/);
});

test('a temporary folder that cannot be written is one line with the remedy', async () => {
  const env = { TMPDIR: '/dev/null/tmp' };
  const { code, output } = await start('no-disk', 'quick', HOLDS, {}, { env }).ended;
  assert.equal(code, 1, output);
  assert.match(output, /^the run cannot go on: E[A-Z]+: .*; free space there .* set TMPDIR .*\n$/);
});

test('npm test runs a failed file again too, unless a second run would end like the first', async () => {
  const runs = [false, true].map((exact) => start('once', 'quick', FAILS_ONCE('too slow'), { exact }).ended);
  const codes = (await Promise.all(runs)).map(({ code }) => code);
  assert.deepEqual(codes, [0, 1]);
});

test('a tier whose program is missing is skipped, and one whose set-up fails is not run', async () => {
  const setUp = [
    { name: 'a build', args: ['-e', 'console.error("no cargo: install Rust"); process.exit(3)'] },
  ];
  const { code, output } = await start('broken', 'real', HOLDS, { setUp }).ended;
  assert.equal(code, 1, output);
  assert.match(output, /FAILED set-up: a build.*no cargo: install Rust/s);
  assert.match(output, /\n0 passed, 1 failed, 0 skipped\n$/);
});

test('without its long build a tier is skipped in CI too, and test:long runs it', async () => {
  const tier = { longBuild: { remedy: 'not built here; npm run x builds it' } };
  const skipped = await start('long', 'real', HOLDS, tier, { env: { CI: 'true' } }).ended;
  assert.equal(skipped.code, 0, skipped.output);
  assert.match(
    skipped.output,
    /\nSKIPPED one: not built here; npm run x builds it\n.*\n0 passed, 0 failed, 1 skipped\n$/s,
  );
  const ran = await start('long', 'real', HOLDS, tier, { args: ['--long'] }).ended;
  assert.equal(ran.code, 0, ran.output);
  assert.match(ran.output, /\n1 passed, 0 failed, 0 skipped\n$/);
});

test('what would not end in time is left out, and a run that had no time for anything fails', async () => {
  const tier = { commands: [command('long'), command('short')] };
  const options = { earlier: { long: 600, short: 1 } };
  const some = await start('some', 'real', HOLDS, tier, { ...options, args: ['--minutes', '5'] }).ended;
  assert.equal(some.code, 0, some.output);
  assert.match(
    some.output,
    /\nLEFT OUT one: no time was left for 1 of its 3 files and commands\n.*\n2 passed, 0 failed, 0 skipped\n$/s,
  );
  const none = await start('none', 'real', HOLDS, {}, { args: ['--minutes', '1'] }).ended;
  assert.equal(none.code, 1, none.output);
  assert.match(none.output, /\nFAILED: no time was left for anything\n/);
});

test('no build begins after half of the time, and its tiers are left out', async () => {
  const wait = { name: 'a build', args: ['-e', 'setTimeout(() => {}, 700)'] };
  const tier = { setUp: [wait, command('another')], commands: [command('short')] };
  const options = { earlier: { short: 0 }, args: ['--minutes', '0.02'] };
  const { code, output } = await start('builds', 'real', '', tier, options).ended;
  assert.equal(code, 1, output);
  assert.doesNotMatch(output, /set-up: another/);
  assert.match(output, /LEFT OUT one: no time was left for 2 of its 2 files and commands/);
});

test('a run since the recorded commits prints the new record, without tiers that failed', async () => {
  const before = '0'.repeat(40);
  const file = join(folder, 'passed');
  writeFileSync(file, `# a comment\n${before}\n`);
  const args = ['--passed', file];
  const good = await start('record', 'real', HOLDS, {}, { args }).ended;
  assert.equal(good.code, 0, good.output);
  assert.match(good.output, /^no commit of this history is recorded for one\n/);
  assert.match(good.output, /\.ci\/passed may hold:\n {2}[0-9a-f]{40}\n/);
  assert.doesNotMatch(good.output, new RegExp(before));
  const bad = await start('no-record', 'real', "test('no', () => { throw 1; });", {}, { args }).ended;
  assert.equal(bad.code, 1, bad.output);
  assert.match(bad.output, new RegExp(`may hold:\\n {2}${before}\\n`));
  writeFileSync(file, 'main two\n');
  const wrong = await start('wrong', 'real', '', {}, { args }).ended;
  assert.equal(wrong.code, 2, wrong.output);
  assert.match(wrong.output, /passed: main is not the 40 digits of a commit or the name of a tier\n$/);
});

test('a run ended by SIGTERM leaves no process and no folder', async () => {
  const { child, ended, own } = start('ended', 'quick', HANGS);
  await until(() => existsSync(join(own, 'pids')));
  assert.equal(leftovers(own).length, 1);
  child.kill('SIGTERM');
  const { code, output } = await ended;
  assert.equal(code, 1, output);
  assert.match(output, /one: not finished\n.*stopped by SIGTERM/s);
  assert.deepEqual(pids(own).map(isRunning), [false, false]);
  assert.deepEqual(leftovers(own), []);
});

test('a run ended by SIGKILL leaves no process, and the next run removes its folder', async () => {
  const { child, ended, own } = start('killed', 'quick', HANGS);
  await until(() => existsSync(join(own, 'pids')));
  child.kill('SIGKILL');
  await ended;
  await until(() => !pids(own).some(isRunning));
  assert.equal(leftovers(own).length, 1);
  const again = await start('again', 'quick', HOLDS, {}, { env: { TMPDIR: own } }).ended;
  assert.equal(again.code, 0, again.output);
  assert.deepEqual(leftovers(own), []);
});
