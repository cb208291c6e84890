import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field, fields } from '@watchbill/kit/testing';
import { known, unknown } from '../facts/fact.ts';
import { goodNominator, goodRecord, keyOf, snapshotOf } from '../testing/index.ts';
import { planRound } from './plan.ts';
import { replayRound } from './replay.ts';
import { revalidate } from './revalidate.ts';
import { decodeStored, encodeStored, noteOutcome, noteTransaction, storeRound } from './stored.ts';
import { programme } from './testing/programme.ts';

function round() {
  const snapshot = snapshotOf([goodRecord(1), goodRecord(2)], { nominators: [goodNominator(0)] });
  const plan = planRound(snapshot, programme());
  assert.ok(plan.ok);
  return storeRound(snapshot, programme(), plan.record);
}

const sent = { nominator: keyOf(5), hash: '0x01', state: 'submitted', atMs: 1, detail: '' };

test('the outcome of a round is stored beside it, and the round still replays', () => {
  let stored = noteTransaction(round(), sent);
  stored = noteTransaction(stored, { ...sent, atMs: 2 });
  stored = noteTransaction(stored, { ...sent, state: 'finalised' });
  stored = noteOutcome(stored, { era: 9, elected: [keyOf(1)], points: {} });
  stored = noteOutcome(stored, { era: 8, elected: [], points: {} });
  stored = noteOutcome(stored, { era: 9, elected: [keyOf(1)], points: { [keyOf(1)]: 70 } });
  assert.deepEqual(stored.aftermath.transactions.map(fields('state', 'atMs')), [
    ['submitted', 1],
    ['finalised', 1],
  ]);
  assert.deepEqual(
    stored.aftermath.outcomes.map(({ era, points }) => [era, Object.values(points)]),
    [
      [8, []],
      [9, [70]],
    ],
  );
  const read = decodeStored(encodeStored(stored));
  assert.ok(read.ok);
  assert.deepEqual(read.stored, stored);
  assert.equal(replayRound(read.stored).result, 'same');
});

test('an invalid stored text is refused with its problem', () => {
  const problems = (text: string) => {
    const read = decodeStored(text);
    return read.ok ? '' : read.problems.map(({ path, message }) => `${path}: ${message}`).join();
  };
  assert.match(problems('{'), /not JSON/);
  assert.match(problems('{"version":2}'), /version/);
});

test('defect 14: before signing and before executing, every check is run again, not the commission alone', () => {
  const later = snapshotOf([
    goodRecord(1),
    goodRecord(2, { prefs: known({ commissionPerbill: 100_000_000, blocked: true }, 'staking') }),
    goodRecord(3, { validating: known(false, 'staking') }),
    goodRecord(4, { identity: unknown('no answer', 'identity') }),
  ]);
  const { keep, dropped } = revalidate(later, programme(), [1, 2, 3, 4, 5].map(keyOf));
  assert.deepEqual(keep, [keyOf(1), keyOf(4)]);
  assert.deepEqual(dropped.map(field('why')), [
    'blocked: it blocks nominations',
    'validate-intention: it has no validate intention',
    'it is no longer in the candidate list',
  ]);
  const bad = programme(1, { checks: { version: 'x', checks: [{ id: 'nonesuch' }] } });
  assert.throws(() => revalidate(later, bad, []), /there is no check "nonesuch"/);
});
