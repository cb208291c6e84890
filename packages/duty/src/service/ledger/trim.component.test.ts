import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decisionOf,
  entryOf,
  itemOf,
  ledgerIn,
  MARK,
  reopened,
  rowsIn,
  temporaryDir,
} from './testing/ground.ts';

type FileLedger = Awaited<ReturnType<typeof ledgerIn>>;
type Bounds = Parameters<FileLedger['trim']>[1];

const COUNT = 3_000;
/** Entries that a service may look back at, and that stay whatever their age. */
const KEPT = 1_024;

/** An entry of the time that is its number, with its answer. */
function granted(over: Parameters<typeof entryOf>[0]) {
  const atMs = Number(over.seq);
  const decision = decisionOf({ outcome: 'granted', reason: 'new', seq: over.seq.toString(), atMs });
  return itemOf(entryOf({ atMs, unit: [over.seq / 2n], nonce: `n${over.seq}`, ...over }), decision);
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => BigInt(from + index));

/** Two marks: one with many entries, one with few. */
async function filled(ledger: FileLedger): Promise<FileLedger> {
  await ledger.append(numbers(1, COUNT).map((seq) => granted({ seq })));
  await ledger.append(numbers(1, 10).map((seq) => granted({ seq, key: 'other' })));
  return ledger;
}

/** All steps of a trim. */
async function trimmed(ledger: FileLedger, bounds: Partial<Bounds> = {}) {
  const { last } = ledger.source();
  const sum = { entries: 0, decisions: 0, steps: 0 };
  let from: Parameters<FileLedger['trim']>[0] | null = { list: 'entries', after: 0 };
  while (from !== null) {
    const step = await ledger.trim(from, { last, beforeMs: COUNT + 1, ...bounds });
    assert.ok(step.entries + step.decisions <= 64);
    sum.entries += step.entries;
    sum.decisions += step.decisions;
    sum.steps += 1;
    from = step.next;
  }
  return sum;
}

/** All that a service asks its ledger when it answers claims. */
function answersOf(ledger: FileLedger) {
  const units = [0n, 1n, 500n, 1_000n, 1_244n, 1_245n, 1_300n, 1_499n, 1_500n, 1_501n];
  return {
    points: Object.fromEntries(ledger.points()),
    grants: units.map((unit) => ledger.grantsOf(MARK, [unit])),
  };
}

const held = (ledger: FileLedger, key = 'key') =>
  [...ledger.source().entries()]
    .map(({ body }) => JSON.parse(body) as { key: string; seq: string })
    .filter((entry) => entry.key === key)
    .map(({ seq }) => Number(seq));

test('a trim removes old entries and changes no answer, also after a restart', async (t) => {
  const dir = temporaryDir(t);
  // Opened again, so that grants are read from the disk.
  const ledger = await reopened(t, await filled(await ledgerIn(t, dir)), dir);
  const answers = answersOf(ledger);
  const gone = [...ledger.source().entries()][0];
  const { entries } = await trimmed(ledger);
  assert.equal(entries, COUNT - KEPT);
  assert.deepEqual(held(ledger), numbers(COUNT - KEPT + 1, COUNT).map(Number));
  assert.equal(held(ledger, 'other').length, 10);
  assert.deepEqual(answersOf(ledger), answers);
  assert.ok(ledger.holds(MARK, 'first', 1n, gone?.hash ?? ''), 'a trimmed entry was here');
  assert.ok(!ledger.holds(MARK, 'first', BigInt(COUNT - KEPT + 1), gone?.hash ?? ''));
  const again = await reopened(t, ledger, dir);
  assert.deepEqual(answersOf(again), answers);
  await again.append([granted({ seq: BigInt(COUNT + 1) })]);
  assert.equal(again.point(MARK)?.seq, BigInt(COUNT + 1));
  assert.ok(again.holds(MARK, 'first', 1n, gone?.hash ?? ''), 'an append forgets no trim');
});

test('rows that came after the export stay, and rows that are younger than the time', async (t) => {
  const ledger = await filled(await ledgerIn(t));
  assert.equal((await trimmed(ledger, { last: { entry: 0, decision: 0 } })).entries, 0);
  assert.equal((await trimmed(ledger, { beforeMs: 0 })).entries, 0);
  const { entries, decisions } = await trimmed(ledger, { beforeMs: 101 });
  assert.deepEqual([entries, held(ledger)[0]], [100, 101]);
  // Answers of the other mark have old times too, and stand behind younger ones.
  assert.equal(decisions, 100);
  const { last } = ledger.source();
  assert.equal((await trimmed(ledger, { last: { ...last, entry: 150 } })).entries, 50);
});

test('entries of an epoch that the mark left behind leave, and those up to its head stay', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await filled(await ledgerIn(t, dir));
  // The store went back to entry 1,500, and a recovery went on from there.
  await ledger.append(numbers(1_501, 1_510).map((seq) => granted({ seq, epoch: 'second' })));
  const grants = () => ledger.grantsOf(MARK, [752n]);
  const before = grants();
  assert.equal(before.length, 2);
  await trimmed(ledger);
  assert.equal(held(ledger)[0], 1_510 - KEPT + 1 + 10);
  assert.ok(ledger.holds(MARK, 'first', 1n, ''), 'it left by the trim');
  assert.ok(!ledger.holds(MARK, 'third', 1n, ''), 'no entry of this epoch was ever here');
  assert.deepEqual((await reopened(t, ledger, dir)).grantsOf(MARK, [752n]), before);
});

test('answers leave with their search, refusals stay, and ids go on', async (t) => {
  const dir = temporaryDir(t);
  const young = await ledgerIn(t, dir);
  young.note(decisionOf({ atMs: 1 }));
  await (await filled(young)).close();
  rowsIn(dir, 'INSERT INTO decisions_search SELECT id, unit, substr(key, -8), node FROM decisions');
  const ledger = await ledgerIn(t, dir);
  await trimmed(ledger);
  const page = () => ledger.decisions({ limit: 10 }).decisions.map(({ id, outcome }) => [id, outcome]);
  const newest = COUNT + 11;
  // The newest row stays, because the next id is one more.
  assert.deepEqual(page(), [
    [newest, 'granted'],
    [COUNT + 1, 'denied'],
  ]);
  const again = await reopened(t, ledger, dir);
  await again.append([granted({ seq: BigInt(COUNT + 1) })]);
  assert.equal(again.decisions({ limit: 1 }).decisions[0]?.id, newest + 1);
  await again.close();
  assert.equal(rowsIn(dir, 'SELECT id FROM decisions_search').length, 2);
  assert.deepEqual(rowsIn(dir, 'PRAGMA integrity_check'), [['ok']]);
});
