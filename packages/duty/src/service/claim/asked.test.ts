import assert from 'node:assert/strict';
import { test } from 'node:test';
import { granted, unknown } from '../ground/verdict.ts';
import { START_MS } from '../testing/world.ts';
import { describeDecision } from './asked.ts';
import { claimWith, FREE, SEAL, startedClaim } from './testing/claim.ts';

const at = (monotonicMs: number) => ({ nowMs: START_MS + 9, monotonicMs });
const VERDICT = granted('new', FREE.mark, null);

test('a decision is kept with its claim, the entry of the mark, and how long it took', () => {
  const { asked } = startedClaim(SEAL, { arrivedMs: 100 });
  const { chain, key, owner, parts, digest } = SEAL;
  assert.deepEqual(describeDecision(asked, VERDICT, at(112.6)), {
    atMs: START_MS + 9,
    outcome: 'granted',
    reason: 'new',
    detail: VERDICT.detail,
    chain,
    key,
    duty: 'babe',
    unit: '1',
    parts,
    digest: `0x${digest}`,
    ...owner,
    claimId: 'claim-1',
    seq: '1',
    via: 'claims',
    tookMs: 13,
  });
});

test('a decision without a mark has no number, a part without a digest none, and no time is negative', () => {
  const { asked } = startedClaim(claimWith({ dutyName: 'grandpa' }), { arrivedMs: 100 });
  const { digest, seq, tookMs } = describeDecision(asked, unknown('deadline', 'late'), at(99));
  assert.deepEqual({ digest, seq, tookMs }, { digest: null, seq: null, tookMs: 0 });
});
