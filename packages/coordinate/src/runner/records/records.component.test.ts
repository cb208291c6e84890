import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { field, fields, temporaryFolder } from '@watchbill/kit/testing';
import type { Execution } from '../../cursor.ts';
import type { Outcome } from '../../outcome.ts';
import { RunnerFault, type RunnerFaultCode } from '../fault.ts';
import type { RecordsOwner } from './database.ts';
import { evidenceFiles } from './evidence-files.ts';
import { inOrder } from './in-order.ts';
import { openStateFolder, readStateFolder } from './open.ts';

const root = temporaryFolder();

let folders = 0;
const freshFolder = (): string => join(root, `state-${++folders}`);

const OWNER: RecordsOwner = { profile: 'quorum', group: 'abcd', seat: 1, key: 'ed25519:0x00' };

function outcomeOf(from: bigint, changes: Partial<Outcome> = {}): Outcome {
  return {
    from,
    to: from,
    result: 'noop',
    reason: null,
    leader: 'one',
    action: 'noop',
    startBlock: null,
    expiryBlock: null,
    faults: [],
    detail: '',
    ...changes,
  };
}

const EXECUTION: Execution = {
  window: 4n,
  action: 'heartbeat',
  payload: Uint8Array.from([1, 2]),
  startBlock: 100n,
  expiryBlock: 120n,
};

async function refused(code: RunnerFaultCode, run: () => Promise<unknown>): Promise<RunnerFault> {
  let fault: unknown;
  await assert.rejects(run, (error) => {
    fault = error;
    return error instanceof RunnerFault && error.code === code;
  });
  assert.ok(fault instanceof RunnerFault);
  return fault;
}

describe('a state folder', () => {
  test('keeps the first outcome of a window, also within a range', async () => {
    const state = await openStateFolder(freshFolder(), OWNER);
    await state.outcome(outcomeOf(3n, { result: 'skipped', reason: 'passed', to: 5n }));
    await state.outcome(outcomeOf(4n));
    await state.outcome(outcomeOf(3n));
    await state.outcome(outcomeOf(6n, { result: 'execute', action: 'call', startBlock: 2n ** 60n }));
    await state.outcome(outcomeOf(6n));
    const rows = state.windows(10).map(({ from, to, result, startBlock }) => [from, to, result, startBlock]);
    assert.deepEqual(rows, [
      ['6', '6', 'execute', `${2n ** 60n}`],
      ['3', '5', 'skipped', null],
    ]);
    assert.deepEqual(state.totals(), { execute: 1, passed: 3 });
    state.close();
  });

  test('an agreement that came late replaces an outcome without one, and splits a range', async () => {
    const state = await openStateFolder(freshFolder(), OWNER);
    const missed = (window: bigint) =>
      outcomeOf(window, { from: window, to: window, result: 'execute', reason: 'missed', action: 'call' });
    await state.outcome(outcomeOf(3n, { to: 6n, result: 'skipped', reason: 'passed' }));
    await state.outcome(outcomeOf(7n, { result: 'execute', reason: null, action: 'call' }));
    for (const window of [4n, 7n, 4n, 8n]) await state.outcome(missed(window));
    const rows = state.windows(10).map(({ from, to, result, reason }) => [from, to, result, reason]);
    assert.deepEqual(rows, [
      ['8', '8', 'execute', 'missed'],
      ['7', '7', 'execute', null],
      ['5', '6', 'skipped', 'passed'],
      ['4', '4', 'execute', 'missed'],
      ['3', '3', 'skipped', 'passed'],
    ]);
    state.close();
  });

  test('keeps the first fault of a culprit and kind, with its evidence as a file that can be passed on', async () => {
    const folder = freshFolder();
    const state = await openStateFolder(folder, OWNER);
    const fault = { culprit: 'two/../x', kind: 'equivocation', evidence: Buffer.from('{"a":1}') };
    await state.fault(7n, fault);
    await state.fault(7n, { ...fault, evidence: Buffer.from('{"a":2}') });
    await state.fault(7n, { culprit: 'two', kind: 'idleness' });
    const [first, second] = state.faults(10);
    assert.deepEqual(first?.evidence, null);
    assert.ok(typeof second?.evidence === 'string');
    assert.match(second.evidence, /^7-two_\.\._x\.[0-9a-f]{16}-equivocation\.json$/);
    assert.deepEqual(readdirSync(join(folder, 'evidence')), [second.evidence]);
    assert.equal(Buffer.from((await state.evidence(second.evidence)) ?? []).toString(), '{"a":1}');
    await state.storeCursor('not for others');
    for (const name of ['../cursor', 'cursor', '7-x-y.json', '/etc/passwd'])
      assert.equal(await state.evidence(name), null, name);
    await state.outcome(outcomeOf(7n));
    assert.deepEqual(state.windows(1)[0]?.faults.map(field('kind')), ['idleness', 'equivocation']);
    state.close();
  });

  test('names of members that differ only outside ASCII have files that differ', async () => {
    const state = await openStateFolder(freshFolder(), OWNER);
    for (const culprit of ['Zoë', 'Zoé', 'Zo_'])
      await state.fault(7n, { culprit, kind: 'equivocation', evidence: Buffer.from(culprit) });
    const kept = new Map<string, string>();
    for (const { culprit, evidence } of state.faults(10))
      kept.set(culprit, Buffer.from((await state.evidence(evidence ?? '')) ?? []).toString());
    assert.deepEqual([...kept].toSorted(), [
      ['Zo_', 'Zo_'],
      ['Zoé', 'Zoé'],
      ['Zoë', 'Zoë'],
    ]);
    state.close();
  });

  test('above the bound, the files of the member with the most are removed', async () => {
    const folder = freshFolder();
    const files = evidenceFiles(folder);
    const keep = (window: bigint, culprit: string) =>
      files.keep(window, { culprit, kind: 'equivocation', evidence: Buffer.from('x') });
    await keep(1n, 'quiet');
    for (let window = 2n; window < 20n; window++) await keep(window, 'noisy');
    const forgotten: string[] = [];
    await files.prune(5, (names) => forgotten.push(...names));
    assert.deepEqual(readdirSync(join(folder, 'evidence')).toSorted(), [
      '1-quiet-equivocation.json',
      ...[16, 17, 18, 19].map((window) => `${window}-noisy-equivocation.json`),
    ]);
    assert.equal(forgotten.length, 14);
  });

  test('an execution is recorded once, and its end is final', async () => {
    const folder = freshFolder();
    const first = await openStateFolder(folder, OWNER);
    assert.equal(first.executions.take(EXECUTION), null);
    assert.equal(first.executions.take({ ...EXECUTION, action: 'other' }), null);
    first.executions.end(4n, 'done');
    first.executions.end(4n, 'failed');
    assert.deepEqual(first.executions.unexpired(119n), [EXECUTION]);
    assert.deepEqual(first.executions.unexpired(120n), []);
    assert.deepEqual(first.certificate(4n), EXECUTION.payload);
    for (const none of [5n, 2n ** 63n, 2n ** 64n]) assert.equal(first.certificate(none), null);
    first.close();
    const second = await openStateFolder(folder, OWNER);
    assert.equal(second.executions.take(EXECUTION), 'done');
    second.close();
    const reader = readStateFolder(folder);
    assert.deepEqual(reader.certificate(4n), EXECUTION.payload);
    reader.close();
  });

  test('receipts are kept in order, repeated ones once', async () => {
    const state = await openStateFolder(freshFolder(), OWNER);
    const step = { action: 'call', result: 'step', text: 'submitted', extrinsic: null } as const;
    await state.receipt(4n, step);
    await state.receipt(4n, step);
    const extrinsic = { hash: '0x01', block: '0x02', height: 9n };
    await state.receipt(4n, { ...step, result: 'done', text: 'it landed', extrinsic });
    await state.outcome(outcomeOf(4n));
    assert.deepEqual(state.windows(1)[0]?.receipts.map(fields('result', 'height')), [
      ['step', null],
      ['done', '9'],
    ]);
    state.close();
  });

  test('the latest progress of a seat replaces the one before, never the other way round', async () => {
    const state = await openStateFolder(freshFolder(), OWNER);
    const put = (sequence: number, byte: number) =>
      state.executions.putProgress({ window: 4n, seat: 1, sequence, bytes: Uint8Array.of(byte) });
    put(1, 1);
    put(3, 3);
    put(2, 2);
    assert.deepEqual(
      state.executions.progressOf(4n).map(({ sequence, bytes }) => [sequence, bytes[0]]),
      [[3, 3]],
    );
    state.close();
  });

  test('old windows and files are forgotten, newer ones are kept', async () => {
    const folder = freshFolder();
    const retention = { keepWindows: 10, keepEvidenceFiles: 3 };
    const state = await openStateFolder(folder, OWNER, { retention });
    for (let window = 1n; window <= 128n; window++) {
      await state.fault(window, { culprit: 'two', kind: 'mistake', evidence: Buffer.from('{}') });
      await state.outcome(outcomeOf(window));
    }
    const kept = state.windows(1_000).map(({ from }) => Number(from));
    assert.deepEqual(
      kept,
      Array.from({ length: 10 }, (_, i) => 128 - i),
    );
    // A fault whose proof was old enough to go says so, and names no file that is not there.
    const named = state.faults(1_000).map(({ evidence }) => evidence?.split('-')[0] ?? null);
    assert.deepEqual(named, ['128', '127', '126', ...Array.from({ length: 7 }, () => null)]);
    assert.deepEqual(
      readdirSync(join(folder, 'evidence'))
        .map((name) => Number(name.split('-')[0]))
        .toSorted((a, b) => a - b),
      [126, 127, 128],
    );
    state.close();
  });

  test('the cursor is replaced as a whole, and of two stores the later one stays', async () => {
    const folder = freshFolder();
    const state = await openStateFolder(folder, OWNER);
    assert.equal(await state.loadCursor(), null);
    await Promise.all(Array.from({ length: 10 }, (_, i) => state.storeCursor(`cursor ${i}`)));
    assert.equal(await state.loadCursor(), 'cursor 9');
    assert.equal(statSync(join(folder, 'cursor')).mode & 0o777, 0o600);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    state.close();
  });

  test('calls to a disk run in order; if it hangs, only a few wait', async () => {
    const run = inOrder(3);
    const done: number[] = [];
    const hanging = Promise.withResolvers<void>();
    const first = run(() => hanging.promise);
    const others = [1, 2].map((number) => run(async () => void done.push(number)));
    await assert.rejects(
      run(async () => void done.push(3)),
      /3 calls already wait for the disk/,
    );
    hanging.reject(new Error('the disk is gone'));
    await assert.rejects(first, /the disk is gone/);
    await Promise.all(others);
    await run(async () => void done.push(4));
    assert.deepEqual(done, [1, 2, 4]);
  });

  test('is used by one process at a time', async () => {
    const folder = freshFolder();
    const state = await openStateFolder(folder, OWNER);
    const fault = await refused('state-locked', () => openStateFolder(folder, OWNER));
    assert.match(fault.message, /another process uses the state folder/);
    state.close();
    (await openStateFolder(folder, OWNER)).close();
  });

  test('of another seat, group or key is refused', async () => {
    const folder = freshFolder();
    (await openStateFolder(folder, OWNER)).close();
    const others = [{ seat: 2 }, { group: 'ffff' }, { key: 'ed25519:0x01' }, { profile: 'rfc12' }];
    for (const other of others)
      await refused('state-refused', () => openStateFolder(folder, { ...OWNER, ...other }));
    (await openStateFolder(folder, OWNER)).close();
  });

  test('with records and without a cursor is refused', async () => {
    const folder = freshFolder();
    const state = await openStateFolder(folder, OWNER);
    await state.storeCursor('something');
    await state.outcome(outcomeOf(1n));
    state.close();
    rmSync(join(folder, 'cursor'));
    await refused('cursor-lost', () => openStateFolder(folder, OWNER));
  });

  test('with a cursor and without records is refused, also while a process holds the removed file', async () => {
    const folder = freshFolder();
    const state = await openStateFolder(folder, OWNER);
    await state.storeCursor('something');
    for (const name of readdirSync(folder).filter((each) => each.startsWith('records.sqlite')))
      rmSync(join(folder, name));
    for (let start = 0; start < 2; start += 1)
      await refused('records-lost', () => openStateFolder(folder, OWNER));
    assert.equal(await state.loadCursor(), 'something');
    state.close();
    await refused('records-lost', () => openStateFolder(folder, OWNER));
  });

  test('that is damaged or belongs to another program is refused and left unchanged', async () => {
    const folder = freshFolder();
    (await openStateFolder(folder, OWNER)).close();
    const path = join(folder, 'records.sqlite');
    writeFileSync(path, 'this is not a database, but it is long enough to look like one'.repeat(100));
    const before = readFileSync(path);
    await refused('state-refused', () => openStateFolder(folder, OWNER));
    assert.deepEqual(readFileSync(path), before);
    const blocked = join(root, 'a-file');
    writeFileSync(blocked, '');
    await refused('state-refused', () => openStateFolder(join(blocked, 'state'), OWNER));
  });

  test('is read while no member runs, and only then', async () => {
    const folder = freshFolder();
    const state = await openStateFolder(folder, OWNER);
    await state.storeCursor('something');
    await state.outcome(outcomeOf(2n));
    assert.throws(() => readStateFolder(folder), { code: 'state-locked' });
    state.close();
    const reader = readStateFolder(folder);
    assert.equal(reader.windows(5)[0]?.from, '2');
    assert.equal(reader.owner.seat, '1');
    reader.close();
    assert.throws(() => readStateFolder(freshFolder()), { code: 'state-refused' });
  });
});
