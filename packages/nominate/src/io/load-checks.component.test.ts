import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { Check } from '../checks/check.ts';
import { goodRecord, snapshotOf } from '../testing/index.ts';
import type { ModuleLimits } from './check-thread.ts';
import { loadCheck } from './load-checks.ts';

const folder = temporaryFolder();

const RECORDS = [goodRecord(1), goodRecord(2), goodRecord(3)];
const SNAPSHOT = snapshotOf(RECORDS);
const OK = "{ outcome: 'pass', message: 'ok', remedy: null, evidence: [] }";

function write(name: string, text: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, text);
  return file;
}

const moduleOf = (name: string, body: string, above = '') =>
  write(
    name,
    `${above}\nexport const check = { id: '${name}', about: 'x', run: (input, parameters) => { ${body} } };\n`,
  );

/** Code of a module that stands still for so long, without work for the processor. */
const pause = (ms: string) => `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});`;

/** If a test does not wait for a limit, even a stalled machine does not reach it. */
const PATIENT = { loadMs: 60_000, callMs: 60_000, snapshotMs: 60_000 };

async function loaded(file: string, limits: Partial<ModuleLimits> = {}): Promise<Check> {
  const read = await loadCheck(file, { ...PATIENT, ...limits });
  if (!read.ok) return assert.fail(read.why);
  return read.module.check;
}

function runner(check: Check, parameters: unknown = {}) {
  const prepared = check.prepare(parameters);
  if (!prepared.ok) return assert.fail('parameters');
  return (at: number, snapshot = SNAPSHOT) =>
    prepared.run({ snapshot, record: RECORDS[at] ?? assert.fail() });
}

test('a module gets the same input as any check, in any thread', async () => {
  const body = `const { snapshot, record } = input;
    const text = [snapshot.candidates.indexOf(record), record.candidate.name, parameters.word, typeof snapshot.takenAtMs].join(' ');
    return { outcome: 'fail', message: text, remedy: 'do', evidence: [{ fact: 'f', value: 'v', source: 's', block: 7n, ageMs: null }] };`;
  const run = runner(await loaded(moduleOf('same', body)), { word: 'w' });
  for (const at of [0, 2, 1]) {
    const { message, evidence } = run(at);
    assert.equal(message, `${at} ${RECORDS[at]?.candidate.name} w number`);
    assert.equal(evidence[0]?.block, 7n);
  }
  const stranger = goodRecord(9);
  const prepared = (await loaded(moduleOf('same', body))).prepare({});
  assert.ok(prepared.ok);
  assert.match(prepared.run({ snapshot: SNAPSHOT, record: stranger }).message, /^-1 /);
});

test('it cannot change its input, neither for others nor for its own next call', async () => {
  const run = runner(await loaded(moduleOf('change', `input.record.candidate.name = 'mine'; return ${OK};`)));
  assert.match(run(0).message, /read only/);
});

test('a module that does not end gives unknown with the reason, and blocks the process once only', async () => {
  const body = `if (input.record.candidate.name === '${RECORDS[1]?.candidate.name}') for (;;) {} return ${OK};`;
  const run = runner(await loaded(moduleOf('never-ends', body), { callMs: 3_000, pauseMs: 3_600_000 }));
  assert.equal(run(0).outcome, 'pass');
  for (const at of [1, 0, 2]) {
    const { outcome, message } = run(at);
    assert.deepEqual(
      [outcome, message],
      ['unknown', 'the module never-ends failed: it did not end within 3000 ms'],
    );
  }
  await sleep(50);
  assert.equal(run(0).outcome, 'unknown', 'it is left alone for its pause');
});

test('after its pause it is loaded again, if its file is still the same', async () => {
  const body = `if (parameters.hang) ${pause('Infinity')} return ${OK};`;
  const file = moduleOf('again', body);
  const check = await loaded(file, { callMs: 1_000, pauseMs: 0 });
  const [hang, run] = [runner(check, { hang: true }), runner(check)];
  const until = async (done: () => boolean) => {
    for (let tries = 0; !done(); tries += 1) {
      assert.ok(tries < 2_400, 'in time');
      await sleep(25);
    }
  };
  assert.equal(hang(0).outcome, 'unknown');
  await until(() => run(0).outcome === 'pass');
  assert.equal(hang(0).outcome, 'unknown');
  moduleOf('again', `${body} /* changed */`);
  await until(() => /its file was changed/.test(run(0).message));
  moduleOf('again', body);
  await until(() => run(0).outcome === 'pass');
});

test('a module that is slow for all candidates together is terminated too; another snapshot has a new time limit', async () => {
  const body = `${pause('parameters.ms')} return ${OK};`;
  const check = await loaded(moduleOf('slow', body), { snapshotMs: 4_200 });
  const [quick, slow] = [runner(check, { ms: 1 }), runner(check, { ms: 1_500 })];
  const other = snapshotOf(RECORDS);
  assert.equal(quick(0).outcome, 'pass');
  assert.equal(quick(0, other).outcome, 'pass');
  const found = [1, 2, 0].map((at) => slow(at, other).message);
  assert.match(found.at(-1) ?? '', /took more than 4200 ms for one snapshot/);
});

test('a module that ends its thread, fails outside of a call or gives no plain data is unknown, and the process lives', async () => {
  const exits = runner(await loaded(moduleOf('exits', 'process.exit(0);'), { callMs: 500 }));
  assert.match(exits(0).message, /exits failed/);
  const fails = `setTimeout(() => { throw new Error('late'); }, 0); return ${OK};`;
  const run = runner(await loaded(moduleOf('later', fails), { callMs: 1_000, pauseMs: 0 }));
  // A thread that ended unnoticed does not answer in time either. The next call then fails in the same way.
  for (let tries = 0; !/its thread failed/.test(run(0).message); tries += 1) {
    assert.ok(tries < 2_400, 'in time');
    await sleep(25);
  }
  const promises = runner(await loaded(moduleOf('promises', `return Promise.resolve(${OK});`)));
  assert.match(promises(0).message, /its result is not plain data/);
  const throws = runner(await loaded(moduleOf('throws', "throw new Error('boom');")));
  assert.equal(throws(0).message, 'the module throws failed: boom');
});

test('one that does not end while it is loaded is refused in time', async () => {
  const read = await loadCheck(write('loads', 'for (;;) {}\n'), { loadMs: 300 });
  assert.ok(!read.ok);
  assert.match(read.why, /it was not loaded within 300 ms/);
  const gone = await loadCheck(write('gone', 'process.exit(0);\n'), PATIENT);
  assert.ok(!gone.ok);
  assert.match(gone.why, /ended while it was loaded/);
});
