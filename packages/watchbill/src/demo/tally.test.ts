import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DueUnit } from './due.ts';
import type { Signature } from './record.ts';
import { exitCode, findConflicts, type Outage, tally } from './tally.ts';

function signature(changes: Partial<Signature> = {}): Signature {
  const about = { duty: 'babe', unit: '7', part: 'seal', digest: '0xaa' };
  return { atMs: 100, node: 'alpha-1', incarnation: 'one', key: 'k', ...about, ...changes };
}

const slot: DueUnit = { key: 'k', duty: 'babe', unit: '7', parts: ['seal'], startMs: 50, deadlineMs: 150 };
const round: DueUnit = {
  key: 'k',
  duty: 'grandpa',
  unit: '0/3',
  parts: ['prevote', 'precommit'],
  startMs: 50,
  deadlineMs: 250,
};
const vote = (part: string, changes: Partial<Signature> = {}) =>
  signature({ duty: 'grandpa', unit: '0/3', part, ...changes });

const count = (signatures: readonly Signature[], due: readonly DueUnit[], outages: readonly Outage[] = []) =>
  tally({ signatures, unreadable: [] }, due, outages);

test('two digests for one part are a conflict, also by two signers', () => {
  assert.equal(findConflicts([vote('prevote'), vote('prevote', { digest: '0xbb' })]).length, 1);
  assert.equal(
    findConflicts([vote('prevote'), vote('prevote', { digest: '0xbb', node: 'alpha-2' })]).length,
    1,
  );
});

test('a second seal is a conflict even of the same block; an equal vote is not', () => {
  assert.equal(findConflicts([signature(), signature({ incarnation: 'two' })]).length, 1);
  assert.equal(findConflicts([vote('prevote'), vote('prevote', { node: 'alpha-2' })]).length, 0);
});

test('other keys, units and parts do not conflict', () => {
  const all = [
    signature(),
    signature({ key: 'other', digest: '0xbb' }),
    signature({ unit: '8', digest: '0xbb' }),
    vote('prevote', { digest: '0x01' }),
    vote('precommit', { digest: '0x02' }),
  ];
  assert.deepEqual(findConflicts(all), []);
});

test('a planted conflict ends with a status that is not zero', () => {
  const clean = count([signature()], [slot]);
  assert.deepEqual([clean.duties, clean.conflicts, clean.missed, exitCode(clean)], [1, 0, 0, 0]);
  const bad = count([signature(), signature({ node: 'alpha-2', digest: '0xbb' })], [slot]);
  assert.deepEqual([bad.duties, bad.conflicts, bad.babe.conflicts, exitCode(bad)], [1, 1, 1, 1]);
});

test('a conflict outside the counting window counts too', () => {
  const bad = count([signature({ atMs: 1 }), signature({ atMs: 2, digest: '0xbb' })], []);
  assert.equal(exitCode(bad), 1);
});

test('an unreadable line ends with a status that is not zero', () => {
  assert.equal(exitCode(tally({ signatures: [], unreadable: ['alpha-1.jsonl:3'] }, [], [])), 1);
});

test('a round is done only with prevote and precommit, both in time', () => {
  assert.equal(count([vote('prevote'), vote('precommit')], [round]).grandpa.signed, 1);
  assert.equal(count([vote('prevote')], [round]).grandpa.missed, 1);
  assert.equal(count([vote('prevote'), vote('precommit', { atMs: 251 })], [round]).grandpa.missed, 1);
});

test('a seal of another key or after its slot does not count', () => {
  assert.equal(count([signature({ key: 'other' })], [slot]).missed, 1);
  assert.equal(count([signature({ atMs: 151 })], [slot]).missed, 1);
});

test('a missed unit belongs to the overlapping outage of its key, else it is unexplained', () => {
  const outage = (atMs: number, key = 'k'): Outage => {
    return { node: 'alpha-1', key, pid: 9, atMs, backMs: atMs + 20, planned: true };
  };
  const explained = count([], [slot], [outage(0), outage(60), outage(100, 'other'), outage(400)]);
  assert.deepEqual(
    explained.outages.map((one) => one.missed),
    [[], ['babe 7'], [], []],
  );
  assert.deepEqual(explained.unexplained, []);
  const other = count([], [slot], [outage(0), outage(60, 'other'), outage(400)]);
  assert.deepEqual(other.unexplained, ['k babe 7']);
});
