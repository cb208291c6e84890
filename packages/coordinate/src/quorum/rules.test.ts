import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RuleEvent } from '../rules.ts';
import { quorumRules } from './rules.ts';
import { QUORUM_FRAME, type QuorumProposal } from './self.ts';
import { CONTENT, fakeKey, fakeVerify, SCHEDULE } from './testing/fake-group.ts';
import { GROUP, LEADERS, PLAN } from './testing/fake-member.ts';
import { bytesOf, callOf, messageOf, proposeOf } from './testing/fake-messages.ts';
import { valueDigest } from './value.ts';

const [FIRST = -1, SECOND = -1, THIRD = -1] = LEADERS;

const rulesOf = (seat: number) =>
  quorumRules({ group: GROUP, schedule: SCHEDULE, seat, key: fakeKey(`seat ${seat}`), verify: fakeVerify });

const DIGEST = valueDigest(callOf(PLAN, 1));

const said = (payload: Uint8Array): RuleEvent<QuorumProposal> => ({
  kind: 'message',
  message: { type: QUORUM_FRAME, sender: 'x', payload },
});

const EVENTS: readonly RuleEvent<QuorumProposal>[] = [
  said(bytesOf(PLAN, messageOf(PLAN, FIRST, 0, { kind: 'prepare', digest: DIGEST }))),
  said(bytesOf(PLAN, proposeOf(PLAN, FIRST, 0, callOf(PLAN, 1)))),
  { kind: 'validated', key: Buffer.from(DIGEST).toString('hex'), answer: { result: 'valid' } },
  said(bytesOf(PLAN, messageOf(PLAN, SECOND, 0, { kind: 'prepare', digest: DIGEST }))),
  said(bytesOf(PLAN, messageOf(PLAN, SECOND, 0, { kind: 'prepare', digest: valueDigest(callOf(PLAN, 2)) }))),
  { kind: 'height', height: 36n },
  { kind: 'proposal', attempt: 1, proposal: { action: 'call', content: CONTENT } },
  { kind: 'no-proposal', attempt: 1, why: 'x' },
  { kind: 'ask-again', attempt: 1 },
  said(new Uint8Array(9)),
  { kind: 'active-end' },
];

test('the rules are pure: the same event on the same round has the same verdict, and changes no argument', () => {
  const rules = rulesOf(THIRD);
  let { round } = rules.begin(PLAN, { height: 30n, memory: null });
  for (const event of EVENTS) {
    const before = structuredClone(round);
    const verdict = rules.on(PLAN, round, event);
    assert.deepEqual(rules.on(PLAN, round, event), verdict);
    assert.deepEqual(rulesOf(THIRD).on(PLAN, round, event), verdict);
    assert.deepEqual(round, before);
    round = verdict.round;
  }
});

describe('the frame of a window', () => {
  test('a plan needs both inputs, each of 32 bytes', () => {
    const rules = rulesOf(0);
    assert.equal(typeof rules.plan(PLAN.window, [PLAN.seedInput]), 'string');
    assert.equal(typeof rules.plan(PLAN.window, [PLAN.seedInput, new Uint8Array(31)]), 'string');
    const plan = rules.plan(PLAN.window, [PLAN.seedInput, PLAN.referenceHash]);
    assert.deepEqual(plan, PLAN);
    assert.equal(rules.leaderOf(PLAN), `m${FIRST}`);
  });

  test('a member has the key of its seat', () => {
    const self = { group: GROUP, schedule: SCHEDULE, key: fakeKey('seat 1'), verify: fakeVerify };
    quorumRules({ ...self, seat: 1 });
    assert.throws(() => quorumRules({ ...self, seat: 2 }), /the key does not belong to m2 in the group test/);
    assert.throws(() => quorumRules({ ...self, seat: 9 }), /the group test has no seat 9/);
  });
});
