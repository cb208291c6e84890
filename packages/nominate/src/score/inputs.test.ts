import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown } from '../facts/fact.ts';
import { POLKADOT_RANK_RULES } from '../history/rank-rules.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import { DOT, goodRecord, keyOf, snapshotOf } from '../testing/index.ts';
import { inputsOf } from './inputs.ts';
import { unknownOf } from './profile-1kv.ts';

function inputs(change: Partial<CandidateRecord> = {}, own: readonly string[] = []) {
  const record = goodRecord(1, change);
  return inputsOf(snapshotOf([record]), record, POLKADOT_RANK_RULES, new Set(own));
}

test('the stakes of others: square roots of tokens, without the programme’s own nominators', () => {
  const backer = (n: number, tokens: bigint) => ({ who: keyOf(n), bonded: tokens * DOT });
  const backing = known({ active: [backer(1, 9n), backer(2, 400n)], inactive: [backer(3, 16n)] }, 'staking');
  assert.equal(inputs({ backing }, [keyOf(2)]).nominations, 7);
  assert.equal(inputs({ backing }).nominations, 27);
});

test('an unknown input is null and never zero, and its component is named', () => {
  const gone = (from: string) => unknown('x', from);
  const one = inputs({
    selfStake: gone('staking'),
    sighting: gone('telemetry'),
    place: gone('places'),
    backing: gone('staking'),
    erasWithPoints: gone('staking'),
    unclaimedEras: gone('staking'),
  });
  assert.deepEqual(
    [
      one.bonded,
      one.firstSeenMs,
      one.offlineMs,
      one.place,
      one.nominations,
      one.erasWithPoints,
      one.unclaimedCount,
    ],
    [null, null, null, null, null, null, null],
  );
  assert.deepEqual(unknownOf(one), [
    'inclusion',
    'spanInclusion',
    'discovered',
    'unclaimed',
    'bonded',
    'location',
    'region',
    'country',
    'provider',
    'offline',
    'nominations',
    'client',
  ]);
  assert.deepEqual(unknownOf(inputs()), []);
});
