import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QuorumSchedule } from '../../group.ts';
import type { Justification, Value } from '../../messages.ts';
import { justificationOf } from '../../proof.ts';
import {
  type FakeOperators,
  fakeOperators,
  fakePlan,
  fakeValue,
  fakeVerify,
  fakeVoices,
  SCHEDULE,
} from '../../testing/fake-operators.ts';
import { decodeEvidence, encodeEvidence } from '../codec.ts';
import type { Evidence, EvidenceKind, Judges } from '../evidence.ts';
import { evidenceText, readEvidenceText } from '../file.ts';
import { verifyEvidence } from '../verify.ts';

/** A judge for tests: content `bad` is refused by itself, and any content by the facts `stopped`. */
export const FAKE_JUDGES: Judges = new Map([
  [
    'upgrade',
    ({ value, facts }) => {
      if (Buffer.from(value.content).toString() === 'bad') return 'unreadable';
      if (Buffer.from(value.content).toString() === 'crash') throw new Error('the judge fell ill');
      return facts !== null && Buffer.from(facts).toString() === 'stopped' ? 'unhealthy' : null;
    },
  ],
]);

/** A third party that has the group and the schedule, and evidence from a file. */
export function fakeEvidenceVerifier(
  members: number,
  window = 5n,
  operators: FakeOperators = fakeOperators(members),
) {
  const plan = fakePlan(operators, window);
  const voices = fakeVoices(operators, plan);
  const value = fakeValue(plan);
  const leader = (rank: number) => plan.leaders[rank] ?? -1;
  /** Somebody who does not lead this rank. */
  const follower = (rank: number) => plan.order.findLast((seat) => seat !== leader(rank)) ?? -1;
  const judge = (evidence: Evidence, schedule: QuorumSchedule = SCHEDULE) => {
    const read = decodeEvidence(encodeEvidence(evidence));
    assert.deepEqual(read, evidence);
    const file = readEvidenceText(evidenceText(evidence));
    assert.deepEqual(file, { ok: true, evidence });
    return verifyEvidence(plan.group, schedule, evidence, fakeVerify, FAKE_JUDGES);
  };
  const assertHolds = (evidence: Evidence | null, kind: EvidenceKind, culprit: number) => {
    assert.ok(evidence !== null, `no ${kind}`);
    const { text, ...verdict } = { text: '', ...judge(evidence) };
    const weight = kind === 'idleness' ? 'statement' : 'proof';
    assert.deepEqual(verdict, { holds: true, culprit, kind, window, weight });
    assert.match(text, new RegExp(`seat ${culprit}\\b`));
    return evidence;
  };
  const assertNot = (evidence: Evidence, why: RegExp, schedule: QuorumSchedule = SCHEDULE) => {
    const verdict = judge(evidence, schedule);
    assert.ok(!verdict.holds, 'it holds');
    assert.match(verdict.why, why);
  };
  /** One test for each altered evidence. Those from which it was altered hold. */
  const testAltered = (
    good: readonly Evidence[],
    rows: readonly (readonly [how: string, altered: Evidence, why: RegExp])[],
  ) => {
    for (const [how, altered, why] of rows)
      test(`does not hold: ${how}`, () => {
        for (const one of good) assertHolds(one, one.kind, one.seat);
        assertNot(altered, why);
      });
  };
  /** A justification from a quorum of rank-changes. One of them had prepared the value. */
  const justified = (rank: number, prepared: Value | null): Justification => {
    const changes = voices.first.map((seat) => voices.rankChange(seat, rank, seat === 1 ? prepared : null));
    return justificationOf(plan, changes) ?? assert.fail('no justification');
  };
  const asserting = { assertHolds, assertNot, testAltered };
  return { operators, plan, voices, value, leader, follower, judge, justified, ...asserting };
}

/** Evidence of a kind, made by a maker. */
export function only<Kind extends EvidenceKind>(
  evidence: Evidence | null,
  kind: Kind,
): Extract<Evidence, { readonly kind: Kind }> {
  const isOf = (any: Evidence | null): any is Extract<Evidence, { readonly kind: Kind }> =>
    any?.kind === kind;
  assert.ok(isOf(evidence), `no ${kind}`);
  return evidence;
}
