// Which tests a run has, and which failures it runs again.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { plantTree } from '../check/fixture-tree.mjs';
import { textOf } from '../check/sources.mjs';
import { ROOT } from '../pinned.mjs';
import { onlyScriptEntries, touchedTiers, touchesAll } from './changed.mjs';
import { byName, withFiles } from './choose.mjs';
import { namePassed } from './conclude.mjs';
import { shortened } from './fast-check.mjs';
import { mayRetry, tooManyFlaky } from './flaky.mjs';
import { readOptions } from './options.mjs';
import { passedLines, readPassed, touchedSince } from './passed.mjs';
import { coresFree, createPool } from './pool.mjs';
import { REAL_TIERS } from './real-tiers.mjs';
import { runAgain } from './run-again.mjs';
import { PLAIN, TIERS } from './tiers.mjs';
import { timeLimit } from './time-limit.mjs';

const result = (...failures) => ({
  file: 'x',
  passed: 0,
  failed: failures.length,
  skipped: 0,
  seconds: 1,
  failures,
});
const names = (tiers) => tiers.map(({ name }) => name);
const noFiles = REAL_TIERS.map((tier) => ({ ...tier, files: [] }));
const touched = (...paths) => names(touchedTiers(noFiles, paths));

test('a verdict about safety is never run again, another failure is', () => {
  for (const verdict of [
    'slot 4 was granted twice',
    'conflicts 1',
    'a double grant',
    'two signers',
    'node a equivocated',
    'two votes in prevote: 0x01, 0x02',
    'two attempts on mark/a were applied to one value',
    'both hold keys after 250 ms',
  ])
    assert.ok(!mayRetry(result('it waits (line 3)\ntimed out', `the race (line 9)\n${verdict}`)), verdict);
  assert.equal(mayRetry(result('it waits (line 3)\ntimed out')), true);
  assert.equal(mayRetry(result()), false);
});

test('more than one in a hundred flaky files fail a run; a short run may have one', () => {
  const ofFiles = (files) => [0, 1, 2, 3].map((flaky) => tooManyFlaky(flaky, files));
  assert.deepEqual([ofFiles(10), ofFiles(200)].flat().join(), 'false,false,true,true,false,false,false,true');
});

test('the record of the last ten runs names each flaky file with the number of its issue', () => {
  const [, ...runs] = textOf(ROOT, '.ci/flaky')
    .trim()
    .split(/^(?=\d)/m);
  assert.ok(runs.length > 0 && runs.length <= 10, `${runs.length} runs`);
  for (const run of runs)
    assert.match(run, /^\d{4}-\d\d-\d\d [0-9a-f]{10} (?:quick|real) (?:none|[^ #]+#\d+(?: [^ #]+#\d+)*)\n?$/);
});

test('tiers are chosen by name or capability, and a wrong name lists those that exist', () => {
  const options = { tiers: [], capability: undefined };
  assert.deepEqual(names(byName(TIERS, { ...options, tiers: ['unit'] }).tiers), ['unit']);
  assert.match(
    byName(TIERS, { ...options, tiers: ['unti'] }).problem ?? '',
    /no such tier: unti; there are: check, unit/,
  );
  const fleet = byName(REAL_TIERS, { ...options, capability: 'fleet' }).tiers;
  assert.deepEqual(names(fleet), ['fleet-keys', 'fleet', 'fleet-machines', 'fleet-node']);
  assert.match(
    byName(REAL_TIERS, { ...options, capability: 'fleets' }).problem ?? '',
    /no such capability: fleets/,
  );
});

test('a change selects the tiers of its capability, and the house selects all', () => {
  assert.equal(touchesAll(['docs/README.md', 'package-lock.json']), 'package-lock.json');
  assert.equal(touchesAll(['packages/testkit/src/index.ts']), 'packages/testkit/src/index.ts');
  assert.equal(touchesAll(['packages/fleet/src/file/plan/plan.ts']), undefined);
  const coordinate = touched('packages/coordinate/src/engine/step.ts');
  assert.deepEqual(coordinate, ['coordinate', 'coordinate-node', 'coordinate-runtime', 'coordinate-browser']);
  assert.deepEqual(touched('spec/duty/rounds.pml'), ['models', 'models-duty']);
  const ofFleet = ['fleet-keys', 'fleet', 'fleet-machines', 'fleet-node'];
  for (const name of ['file', 'run', 'gateway', 'watch', 'lab'])
    assert.deepEqual(touched(`packages/fleet/src/${name}/index.ts`), ofFleet, name);
  assert.deepEqual(touched('docs/duty/how-to/tls.md', 'packages/testkit/bench/run.mjs'), []);
  assert.deepEqual(touched('CHANGELOG.md', '.ci/passed', '.ci/flaky'), []);
  const all = names(noFiles.filter(({ name, reads }) => name === 'guard' || reads === undefined));
  const ofDuty = names(noFiles.filter(({ capability, reads }) => capability === 'duty' && !reads));
  for (const [path, tiers] of [
    ['watchbill/src/run.ts', all],
    ['chain/src/index.ts', all],
    ['duty/src/commands/serve/serve.ts', all.filter((name) => name !== 'guard')],
    ['duty/src/service/index.ts', ofDuty],
    ['duty/src/store/tikv/region.ts', ['tikv', 'tikv-store', 'guard', 'tikv-node']],
    ['duty/src/console/index.ts', ['service', 'install', 'release', 'browser']],
    [
      'guard/src/commands/doctor/doctor.ts',
      ['service', 'guard', 'install', 'release', 'fleet-machines', 'deploy'],
    ],
  ])
    assert.deepEqual(touched(`packages/${path}`), tiers, path);
  const built = touched('substrate/gate/src/lib.rs');
  assert.ok(built.includes('rust') && built.includes('fleet-machines') && !built.includes('etcd'));
});

test('a tier that a change rarely breaks alone waits, and no pass of it is recorded', () => {
  const chosen = (...paths) => names(touchedTiers(noFiles, paths, { mayWait: true }));
  const ofService = ['service', 'demo', 'etcd', 'tikv', 'node', 'install'];
  assert.deepEqual(chosen('packages/duty/src/service/claim/claim.ts'), ofService);
  const packed = chosen('packages/duty/src/rule/decide.ts', 'deploy/Containerfile');
  assert.deepEqual(packed, [...ofService, 'release', 'deploy']);
  const serve = 'packages/duty/src/commands/serve/serve.ts';
  assert.deepEqual(chosen(serve), touched(serve));

  const [before, printed] = ['1'.repeat(40), []];
  const all = ['etcd', 'tikv', 'release', 'site'];
  const run = (name, ...failures) => ({ tier: { name }, results: [result(...failures)], left: 0 });
  namePassed([run('etcd'), run('tikv', 'too late')], {
    passed: new Map(all.map((name) => [name, before])),
    names: all,
    later: ['release'],
    stop: AbortSignal.any([]),
    print: (line) => printed.push(line),
  });
  assert.match(printed.join('\n'), new RegExp(`\\b[0-9a-f]{40} etcd site\\n +${before} tikv release$`));
});

test('files of the tiers of a store import no other part of duty, and start no service', () => {
  const tiers = REAL_TIERS.filter(({ name }) => name.endsWith('-store'));
  for (const file of tiers.flatMap((tier) => withFiles(tier, 'real').files))
    assert.doesNotMatch(
      textOf(ROOT, file),
      /'@watchbill\/(?!duty\/store|kit|testkit)|start(Service|World)/,
      file,
    );
});

test('a page selects the tiers that run it, also if a test names it in parts, or by code that it imports', () => {
  const tiers = REAL_TIERS.map((tier) => withFiles(tier, 'real'));
  const chosen = (...pages) => {
    const paths = pages.map((page) => `docs/${page}.md`);
    return names(touchedTiers(tiers, paths));
  };
  assert.deepEqual(chosen('reference/metrics'), []);
  assert.deepEqual(
    chosen('fleet/how-to/first-cluster', 'duty/how-to/observe', 'guard/how-to/guard-maintain'),
    ['service', 'fleet', 'fleet-machines'],
    'named in full, in parts, and by guard-pages.ts',
  );
});

test('a script that builds one part selects the tiers with that part, what npm test alone runs selects none', () => {
  const chosen = (path) => {
    assert.equal(touchesAll([path]), undefined, path);
    return touched(path);
  };
  assert.deepEqual(chosen('packages/fleet/scripts/tofu/build.mjs'), ['fleet']);
  assert.deepEqual(chosen('scripts/etcd/build.mjs'), ['etcd', 'etcd-store', 'fleet', 'fleet-machines']);
  assert.deepEqual(chosen('spec/duty/searches.yaml'), ['models', 'models-duty']);
  for (const file of ['relay/src/main.rs', 'relay/README.md', 'collator/src/main.rs'])
    assert.deepEqual(chosen(`substrate/${file}`), ['relay-sources', 'relay'], file);
  const nodeTiers = chosen('substrate/gate/src/lib.rs');
  for (const name of ['rust', 'node', 'relay-sources', 'relay']) assert.ok(nodeTiers.includes(name), name);
  assert.deepEqual(chosen('scripts/node/crates.mjs'), chosen('substrate/gate/src/lib.rs'));
  for (const path of [
    'scripts/check/english.mjs',
    'scripts/node/licences.test.mjs',
    'scripts/mutate/run.mjs',
    'packages/duty/src/service/http/tls.component.test.ts',
  ])
    assert.deepEqual(chosen(path), [], path);
  for (const path of ['scripts/tests/pool.mjs', 'scripts/needs.mjs', 'scripts/pack.mjs', '.ci/run'])
    assert.equal(touchesAll(['docs/README.md', path]), path);
});

test('a package.json that only got or changed scripts selects nothing', () => {
  const before = { name: 'a', scripts: { test: 'x', start: 'y' }, devDependencies: { node: '1' } };
  const only = (now) => onlyScriptEntries(JSON.stringify(before), JSON.stringify(now));
  assert.ok(only({ ...before, scripts: { start: 'z', test: 'x', more: 'w' } }));
  assert.ok(only({ devDependencies: { node: '1' }, name: 'a', scripts: before.scripts }), 'another order');
  assert.ok(!only({ ...before, scripts: { test: 'x' } }), 'a script is gone');
  assert.ok(!only({ ...before, devDependencies: { node: '2' } }));
  assert.ok(!only({ ...before, allowScripts: {} }));
  assert.ok(onlyScriptEntries('{"name":"a"}', '{"name":"a","scripts":{"b":"c"}}'));
});

test('the record of passed commits is read and written by tier', (context) => {
  const [one, two] = ['1', '2'].map((digit) => digit.repeat(40));
  const { root, write } = plantTree(context, {});
  const read = (passed) => {
    write({ passed });
    return readPassed(join(root, 'passed'), ['etcd', 'tikv', 'node']);
  };
  const passed = read(`# a comment\n\n${two} tikv\n${one}\n`);
  assert.deepEqual(Object.fromEntries(passed), { etcd: one, node: one, tikv: two });
  assert.deepEqual(passedLines(passed, 3), [`${one} etcd node`, `${two} tikv`]);
  assert.deepEqual(passedLines(read(one), 3), [one]);
  assert.equal(read(`${one} etcd`).size, 1);
  for (const text of [`${one.slice(1)} etcd`, `${one} etdc`, 'HEAD'])
    assert.throws(() => read(text), { name: 'PassedProblem' }, text);
  const missing = join(root, 'nowhere');
  assert.throws(() => readPassed(missing, []), { name: 'PassedProblem', message: /nowhere: .*ENOENT/ });
});

test('a tier without a commit of this history is chosen, before those that passed later', async () => {
  const etcd = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).stdout.trim();
  const passed = new Map(Object.entries({ etcd, tikv: '0'.repeat(40) }));
  const tiers = noFiles.filter(({ name }) => ['etcd', 'tikv', 'node'].includes(name));
  const { chosen } = await touchedSince(tiers, { passed, print: () => {} });
  // Whether the tests of etcd are touched depends on what is not committed here.
  assert.deepEqual(names(chosen).slice(0, 2), ['tikv', 'node']);
});

test('a time limit has room for what took less, and for builds in its first half', () => {
  let nowMs = 0;
  const limit = timeLimit(10, () => nowMs);
  assert.deepEqual([limit.fits(400), limit.fits(401), limit.fitsAgain(680)], [true, false, true]);
  assert.equal(limit.mayBuild(), true);
  nowMs = 5 * 60_000;
  assert.deepEqual([limit.fits(200), limit.fits(201), limit.mayBuild()], [true, false, false]);
  nowMs = 11 * 60_000;
  assert.deepEqual([limit.fits(0), limit.fitsAgain(240), limit.fitsAgain(241)], [false, true, false]);
  assert.equal(timeLimit(undefined, () => nowMs).fits(1e9), true);
});

test('a failed file for which no time is left does not run again', async () => {
  const printed = [];
  const runs = [{ tier: { ...PLAIN, name: 'one', files: ['x'] }, results: [result('too slow')] }];
  const limit = { ...timeLimit(), fitsAgain: () => false };
  const print = (text) => printed.push(text);
  const context = { earlier: new Map(), limit, stop: AbortSignal.any([]), print };
  await runAgain(runs, context);
  assert.deepEqual(runs[0]?.results, [result('too slow')]);
  assert.deepEqual(printed, ['x failed; no time is left to run it once more']);
});

test('flags are read, and a wrong one is named', () => {
  const read = (suite, ...args) => readOptions(suite, args);
  assert.equal(read('quick', '--changed').options?.changed, 'HEAD');
  assert.equal(read('quick', '--changed', 'main~3', '--tier', 'unit,check').options?.changed, 'main~3');
  assert.deepEqual(read('quick', '--changed', '--tier', 'unit, check').options?.tiers, ['unit', 'check']);
  assert.equal(read('real', 'duty').options?.capability, 'duty');
  assert.deepEqual([read('real').options?.long, read('real', '--long').options?.long], [false, true]);
  const [given, none] = [read('real', '--minutes', '70'), read('real')];
  assert.deepEqual([given.options?.minutes, none.options?.minutes], [70, undefined]);
  for (const minutes of ['0', 'soon', '-3'])
    assert.match(
      read('real', `--minutes=${minutes}`).problem ?? '',
      /--minutes takes a number above 0, such as 70; got/,
    );
  assert.match(read('real', '--passed', 'x', '--changed').problem ?? '', /exclude each other/);
  assert.match(read('quick', '--long').problem ?? '', /--long/);
  assert.match(read('quick', '--install').problem ?? '', /--install/);
  assert.match(read('real', 'duty', 'fleet').problem ?? '', /one capability at a time; got duty fleet/);
});

test('the pool runs as many jobs as it has slots, in their order, and first one that asks for it alone', async () => {
  const pool = createPool({ size: 2 });
  const order = [];
  let running = 0;
  const job = (name, options) =>
    pool.run(async () => {
      running += 1;
      order.push(`${name}:${running}`);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    }, options);
  const failing = pool.run(() => Promise.reject(new Error('failed')));
  await assert.rejects(failing, /failed/);
  await Promise.all([job('a'), job('b'), job('c', { alone: true }), job('d')]);
  assert.deepEqual(order.splice(0), ['c:1', 'a:1', 'b:2', 'd:2']);
  const [long] = [job('e'), await Promise.resolve()];
  await Promise.all([long, job('f', { alone: true }), job('g')]);
  assert.deepEqual(order, ['e:1', 'g:2', 'f:1'], 'one that comes later waits for the others');
});

/** A pool whose jobs run until the test ends them. `begun`: their names, in their order. */
function heldPool(options) {
  const [pool, begun, ends] = [createPool({ everyMs: 1, ...options }), [], {}];
  const job = (name, how = {}) => {
    const work = new Promise((end, fail) => Object.assign(ends, { [name]: { end, fail } }));
    return pool.run(() => begun.push(name) && work, how);
  };
  return { job, begun, ends };
}

test('jobs that yield run one after the other, beside the others and one that is alone', async () => {
  const { job, begun, ends } = heldPool({ size: 1 });
  const alone = job('alone', { alone: true });
  const failed = assert.rejects(job('models', { yields: true }), /broken/);
  const rest = [job('crates', { yields: true }), job('file')];
  await until(() => begun.length === 2);
  ends.models.fail(new Error('broken'));
  await failed;
  await until(() => begun.length === 3);
  assert.deepEqual(begun.toSorted(), ['alone', 'crates', 'models'], 'a file waits for the one that is alone');
  for (const { end } of Object.values(ends)) end();
  await Promise.all([alone, ...rest]);
});

test('after each look the pool runs one job more if time is free, one less if none is, within its limits', async () => {
  const free = [0.5, 0.2];
  const { job, begun, ends } = heldPool({ size: 1, most: 3, freeShare: () => free.shift() ?? 0.2 });
  const jobs = ['a', 'b', 'c', 'd', 'e'].map((name) => job(name));
  await until(() => free.length === 0);
  assert.deepEqual(begun, ['a', 'b'], 'at the second look too little was free');
  free.push(0.3, 0.9);
  await until(() => free.length === 0);
  assert.deepEqual(begun, ['a', 'b', 'c'], 'a fourth job at once is one too many');
  free.push(0.05, 0, 0);
  await until(() => free.length === 0);
  for (const name of ['a', 'b']) ends[name].end();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(begun.length, 3, 'what runs goes on, and is the only one');
  for (const { end } of Object.values(ends)) end();
  await Promise.all(jobs);
});

const until = async (isDone) => {
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 1));
};

test('the free share of the cores is between none and all of their time', async () => {
  const free = coresFree();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const share = free();
  assert.ok(share >= 0 && share <= 1, String(share));
});

test('properties run a fifth of their count, never fewer than five nor more than they ask for', () => {
  const runs = [undefined, 100, 12, 3].map(
    (numRuns) => shortened(numRuns === undefined ? {} : { numRuns }).numRuns,
  );
  assert.deepEqual(runs, [20, 20, 5, 3]);
});
