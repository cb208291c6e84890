// No evidence can be made against members that follow the rules: not from delayed or lost messages, not
// together with the messages of others, not across windows. WATCHBILL_SEED repeats a run.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seedBudget } from '@watchbill/kit/testing';
import fc from 'fast-check';
import type { Message } from '../messages.ts';
import type { QuorumPlan } from '../plan-port.ts';
import { fakeOperators, fakePlan, fakeVerify, fakeVoices, hashed } from '../testing/fake-operators.ts';
import type { Evidence } from './evidence.ts';
import {
  equivocationOf,
  forgottenLockOf,
  idlenessOf,
  impersonationOf,
  invalidContentOf,
  mistakeOf,
} from './makers.ts';
import { FAKE_JUDGES } from './testing/fake-evidence-verifier.ts';
import { type Choice, fakeHistory } from './testing/fake-history.ts';
import { verifyEvidence } from './verify.ts';

const SEED = process.env.WATCHBILL_SEED ?? null;
/** One seed alone need not find everything. */
const WHOLE = { skip: SEED !== null };

const budget = seedBudget('histories', SEED);

/** Histories of one seed. */
const RUNS = 5;

const choices = (count: number): fc.Arbitrary<readonly Choice[]> =>
  fc.array(fc.tuple(fc.nat(50), fc.nat(50), fc.nat(1_000)), { minLength: count, maxLength: 3 * count });

/** All evidence that a member could make of these messages. */
function allEvidence(plan: QuorumPlan, messages: readonly Message[]): readonly Evidence[] {
  const pairs = messages.flatMap((a) =>
    messages
      .filter(({ header, statement }) => header.seat === a.header.seat && isPair(a, statement.kind))
      .flatMap((b) => [equivocationOf(plan, fakeVerify, a, b), forgottenLockOf(plan, fakeVerify, a, b)]),
  );
  const proposals = messages.filter(({ statement }) => statement.kind === 'propose');
  const alone = proposals.flatMap((message) => [
    impersonationOf(plan, fakeVerify, message),
    mistakeOf(plan, fakeVerify, message),
    invalidContentOf(plan, fakeVerify, message, messages, FAKE_JUDGES),
  ]);
  const hellos = messages.filter(({ statement }) => statement.kind === 'hello');
  const idle = plan.leaders.map((_, rank) => idlenessOf(plan, fakeVerify, rank, messages, hellos));
  return [...pairs, ...alone, ...idle].filter((evidence) => evidence !== null);
}

function moveOf({ statement, attachment }: Message): string {
  const { kind } = statement;
  if (kind === 'rank-change' && statement.prepared !== null) return `${kind}, locked`;
  return (attachment.justification?.prepares.length ?? 0) > 0 ? `${kind}, forced` : kind;
}

function isPair({ statement }: Message, kind: string): boolean {
  return statement.kind === kind || (statement.kind === 'commit' && kind === 'rank-change');
}

describe('members that follow the rules', () => {
  const found = new Map<string, number>();
  const moves = new Map<string, number>();

  for (const [members, faulty] of [
    [4, 1],
    [4, 0],
    [7, 2],
  ] as const) {
    test(`${members} of which ${faulty} sign anything: no proof against the others`, async () => {
      const operators = fakeOperators(members);
      const plans = [5n, 6n].map((index) => fakePlan(operators, index));
      const property = fc.property(choices(60), choices(60), (one, other) => {
        const pools = plans.map((plan, i) =>
          fakeHistory(plan, fakeVoices(operators, plan), members - faulty, [one, other][i] ?? []),
        );
        for (const message of faulty === 0 ? pools.flat() : []) {
          moves.set(moveOf(message), (moves.get(moveOf(message)) ?? 0) + 1);
        }
        for (const plan of plans) {
          for (const evidence of allEvidence(plan, pools.flat())) {
            const verdict = verifyEvidence(plan.group, plan.schedule, evidence, fakeVerify, FAKE_JUDGES);
            assert.ok(verdict.holds);
            if (verdict.weight === 'proof') {
              assert.ok(verdict.culprit >= members - faulty, `${verdict.text} is honest`);
            }
            found.set(verdict.kind, (found.get(verdict.kind) ?? 0) + 1);
          }
        }
      });
      await budget.run({ share: 0.25, minSeeds: 4 }, (seed) => {
        fc.assert(property, { seed: Number(seed), numRuns: RUNS, endOnFailure: true });
        return RUNS;
      });
    });
  }

  test('while the same search finds the faults of the others', WHOLE, () => {
    for (const kind of ['equivocation', 'impersonation', 'mistake', 'forgotten-lock', 'idleness']) {
      assert.ok((found.get(kind) ?? 0) > 0, `no ${kind}`);
    }
  });

  test(
    'and they came far: they committed, changed ranks with and without a lock, and proposed locked values again',
    WHOLE,
    () => {
      for (const move of [
        'prepare',
        'commit',
        'rank-change',
        'rank-change, locked',
        'propose',
        'propose, forced',
      ]) {
        assert.ok((moves.get(move) ?? 0) > 20, `hardly a ${move}: ${moves.get(move)}`);
      }
    },
  );
});

test('the statements of two honest members do not become evidence by changing seat, rank, window or group of evidence against another', async () => {
  const operators = fakeOperators(4);
  const plans = [5n, 6n].map((index) => fakePlan(operators, index));
  const property = fc.property(choices(80), fc.nat(3), fc.nat(3), fc.nat(8), (all, seat, rank, window) => {
    for (const plan of plans) {
      const pool = fakeHistory(plan, fakeVoices(operators, plan), 3, all);
      for (const evidence of allEvidence(plan, pool)) {
        const { kind } = evidence;
        const changed = { ...evidence, seat, rank, window: BigInt(window) } as Evidence;
        const verdict = verifyEvidence(plan.group, plan.schedule, changed, fakeVerify, FAKE_JUDGES);
        if (verdict.holds && verdict.weight === 'proof') assert.equal(verdict.culprit, 3, kind);
        const groupId = hashed('another group');
        const moved = verifyEvidence(plan.group, plan.schedule, { ...evidence, groupId }, fakeVerify);
        assert.ok(!moved.holds);
      }
    }
  });
  await budget.run({ share: 0.25, minSeeds: 2 }, (seed) => {
    fc.assert(property, { seed: Number(seed), numRuns: RUNS, endOnFailure: true });
    return RUNS;
  });
});
