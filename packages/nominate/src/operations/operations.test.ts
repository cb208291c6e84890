import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { field } from '@watchbill/kit/testing';
import { encodeProgramme } from '../rounds/programme.ts';
import { programme } from '../rounds/testing/programme.ts';
import { encodeSnapshot } from '../snapshot/codec.ts';
import { sampleSnapshot } from '../testing/index.ts';
import { checkCandidates, scoreCandidates } from './judge.ts';
import type { Outcome } from './outcome.ts';
import { planFromTexts } from './round.ts';

function result<Value>(outcome: Outcome<Value>): Value {
  assert.ok(outcome.ok, inspect(outcome));
  return outcome.result;
}

const TEXTS = {
  snapshot: encodeSnapshot(sampleSnapshot({ seed: 'operations', count: 60 })),
  programme: encodeProgramme(programme(2)),
};

test('check and score agree with the round', () => {
  const { record } = result(planFromTexts(TEXTS));
  const checked = result(checkCandidates(TEXTS));
  assert.deepEqual(checked.map(field('verdict')), record.candidates.map(field('verdict')));
  const { scores, statistics } = result(scoreCandidates(TEXTS));
  assert.equal(scores.length, record.eligibleCount);
  const best = record.candidates.find(({ position }) => position === 1);
  assert.deepEqual([scores[0]?.stashKey, scores[0]?.total], [best?.stashKey, best?.score?.total]);
  assert.equal(statistics.total.count, scores.length);
  assert.equal(statistics.total.maximum, best?.score?.total);
});
