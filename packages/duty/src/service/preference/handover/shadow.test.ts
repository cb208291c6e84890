import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { IDENTITY, policyOf, SEAL, TAKEN } from '../../claim/testing/claim.ts';
import { keys } from '../../ground/keys.ts';
import type { CoreModules } from '../../modules.ts';
import { memoryStore, put } from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';
import { askShadow } from './shadow.ts';
import {
  ASK_WITHIN_MS,
  SHADOWS,
  type ShadowAnswer,
  type ShadowRecord,
  type ShadowUnit,
  summaryOf,
  withoutOpen,
  withShadow,
} from './shadow-record.ts';

/** The shadow claim of node `a` for a slot that `b` has; `policy`: null if the key has none. */
async function shadow(context: TestContext, policy: Policy | null) {
  const clock = clockOf(context);
  const store = memoryStore(context);
  await put(store, keys.mark(SEAL.chain, SEAL.key, 'babe'), TAKEN.headText);
  const none = () => [];
  const modules = {
    identity: IDENTITY,
    context: {
      parts: { clock, store, ledger: { serviceId: 'service-1' } },
      options: { storeTimeoutMs: 1_000 },
    },
    policies: {
      load: async () => {
        await clock.sleep(4);
        return policy === null ? null : { policy, pointerText: '' };
      },
    },
    base: () => ({ openedMs: null, adopted: new Set() }),
    observations: { fresh: none, first: none, known: none },
    watches: { unfit: () => null },
    session: { state: () => 'serving' },
    reports: { held: () => null },
  };
  return askShadow(modules as unknown as CoreModules, SEAL);
}

test('without a policy it would not have been granted', async (context) => {
  assert.deepEqual(await shadow(context, null), { would: 'would-not', why: 'not-listed', tookMs: 4 });
});

test('a unit that the rule refuses would not have been granted, with the reason of the rule', async (context) => {
  const frozen = { ...policyOf(), mode: 'frozen' } as const;
  assert.deepEqual(await shadow(context, frozen), { would: 'would-not', why: 'key-frozen', tookMs: 4 });
});

const good = (tookMs: number): ShadowAnswer => ({ would: 'would-grant', why: null, tookMs });
const BAD: ShadowAnswer = { would: 'would-not', why: 'not-ready', tookMs: 1 };
const unit = (name: string, answer: ShadowAnswer | null = null, dueMs = 0): ShadowUnit => ({
  name,
  dueMs,
  answer,
  asked: answer !== null,
});
const numbered = (count: number, answer: ShadowAnswer | null = good(1)): ShadowRecord =>
  Array.from({ length: count }, (_, at) => unit(`babe ${at}`, answer));

describe('a record of shadow claims', () => {
  test('keeps the newest units', () => {
    const full = numbered(SHADOWS);
    const next = withShadow(full, unit('babe new'));
    assert.deepEqual(next, [...full.slice(1), unit('babe new')]);
  });

  test('takes the first answer of a unit, and keeps when it was due', () => {
    const open = [unit('babe 1', null, 5), unit('babe 2', null, 6)];
    const answered = withShadow(open, unit('babe 1', good(3), 9));
    assert.deepEqual(answered, [unit('babe 1', good(3), 5), unit('babe 2', null, 6)]);
    assert.equal(withShadow(answered, unit('babe 1', BAD, 10)), answered, 'the first answer stays');
    assert.equal(withShadow(answered, unit('babe 1', null, 10)), answered);
    assert.equal(withShadow(open, unit('babe 1', null, 10)), open, 'it is due since the first time');
  });

  test('forgets a unit without an answer, and no other one', () => {
    const record = [unit('babe 1'), unit('babe 2', BAD), unit('babe 3')];
    assert.deepEqual(withoutOpen(record, 'babe 1'), record.slice(1));
    assert.deepEqual(withoutOpen(record, 'babe 2'), record);
  });
});

describe('the figures of a record', () => {
  test('count a unit without an answer once its time to ask is over', () => {
    const record = [unit('babe 1', null, 100)];
    assert.equal(summaryOf(record, 100 + ASK_WITHIN_MS).due, 0);
    const late = { due: 1, granted: 0, asked: 0, recentDenied: 1, p99Ms: null, why: 'not-asked' };
    assert.deepEqual(summaryOf(record, 101 + ASK_WITHIN_MS), late);
    assert.deepEqual(summaryOf([], 0), { ...late, due: 0, recentDenied: 0, why: null });
  });

  test('have the 99th percentile of the times, whatever their order', () => {
    const took = (times: readonly number[]) =>
      summaryOf(
        times.map((ms, at) => unit(`babe ${at}`, good(ms))),
        0,
      ).p99Ms;
    assert.equal(took([9, 100, 20]), 100);
    assert.equal(took([...Array.from({ length: 99 }, (_, at) => 99 - at), 1_000]), 99);
    assert.equal(took([5]), 5);
  });
});
