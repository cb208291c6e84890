import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type CallOptions, type Store, StoreFault, type TransactionResult } from '../../store/index.ts';
import type { CoreContext } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { contextOf, memoryStore, put, textIn } from '../testing/services.ts';
import { START_MS } from '../testing/world.ts';
import { encodeSession } from './record.ts';
import { open, renew } from './store-calls.ts';

const SERVICE = 'service-1';
const KEY = keys.session(SERVICE);
const TTL_MS = 3_000;
const FAULT = new StoreFault('unavailable', 'no answer', 'nothing');

function coreOf(context: TestContext, store: Store, options: Partial<CoreContext['options']> = {}) {
  const parts = { store, ledger: { serviceId: SERVICE } };
  return contextOf(context, parts, { sessionTtlMs: TTL_MS, ...options });
}

function ground(
  context: TestContext,
  change: Partial<Store> = {},
  options: Partial<CoreContext['options']> = {},
) {
  const store = memoryStore(context);
  const core = coreOf(context, { ...store, ...change }, options);
  const { clock } = core.parts;
  const now = () => ({ nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() });
  const stored = () => textIn(store, KEY);
  return { store, core, now, stored };
}

const answering = (result: TransactionResult | undefined): Pick<Store, 'transact'> => ({
  transact: async () => (result === undefined ? [] : [result]),
});

describe('opening a session', () => {
  test('writes its record with a new lease, records the start, and names the session before it', async (context) => {
    const { store, core, now, stored } = ground(context);
    await put(store, KEY, encodeSession('before', 7n));
    const starts: number[] = [];
    const event = await open(core, async ({ nowMs }) => void starts.push(nowMs), now);
    assert.match(event.id, /^[0-9a-f]{32}$/);
    assert.equal(event.text, encodeSession(event.id, 0n));
    assert.equal(await stored(), event.text);
    assert.deepEqual([event.before, event.ttlMs, event.at.nowMs], ['before', TTL_MS, START_MS]);
    assert.deepEqual(starts, [START_MS]);
    await store.revokeLease(event.leaseId);
    assert.equal(await stored(), null, 'the record ends with its lease');
  });

  test('without a record before it names no session', async (context) => {
    const { core, now } = ground(context);
    const event = await open(core, async () => undefined, now);
    assert.equal(event.before, null);
  });

  test('is refused if another process opened one meanwhile, and no start is recorded', async (context) => {
    const outcomes: readonly TransactionResult[] = [
      { outcome: 'conflict', current: [null] },
      { outcome: 'ambiguous', cause: FAULT },
    ];
    for (const result of outcomes) {
      const { core, now } = ground(context, answering(result));
      const opened = () => assert.fail('a start was recorded');
      const message = `the session was not written: ${result.outcome}`;
      await assert.rejects(open(core, opened, now), { message });
    }
  });

  test('compares what it read: a record that came meanwhile is not overwritten', async (context) => {
    const store = memoryStore(context);
    const read: Store['read'] = async (wanted, options) => {
      const found = await store.read(wanted, options);
      await put(store, KEY, encodeSession('other', 0n));
      return found;
    };
    const { now } = ground(context);
    const opening = open(coreOf(context, { ...store, read }), async () => undefined, now);
    await assert.rejects(opening, { message: 'the session was not written: conflict' });
  });

  test('fails if the start was not recorded', async (context) => {
    const { core, now } = ground(context);
    const opened = () => Promise.reject(new Error('no reports'));
    await assert.rejects(open(core, opened, now), { message: 'no reports' });
  });
});

describe('renewing a session', () => {
  async function opened(context: TestContext, change: (inner: Store) => Partial<Store> = () => ({})) {
    const { store, core, now, stored } = ground(context);
    const event = await open(core, async () => undefined, now);
    const to = encodeSession(event.id, 1n);
    const renewal = { from: event.text, to, leaseId: event.leaseId };
    const changed = (options: Partial<CoreContext['options']> = {}) =>
      coreOf(context, { ...store, ...change(store) }, options);
    const answer = (options: Partial<CoreContext['options']> = {}) => renew(changed(options), renewal);
    return { store, to, stored, answer, event };
  }

  test('raises the counter under the same lease', async (context) => {
    const { store, answer, stored, to, event } = await opened(context);
    assert.deepEqual(await answer(), { kind: 'applied' });
    assert.equal(await stored(), to);
    await store.revokeLease(event.leaseId);
    assert.equal(await stored(), null);
  });

  test('reports a lease that has expired, and writes no record', async (context) => {
    const { store, answer, stored, event } = await opened(context);
    await store.revokeLease(event.leaseId);
    assert.deepEqual(await answer(), { kind: 'lease-expired' });
    assert.equal(await stored(), null);
  });

  test('reports which record it met instead', async (context) => {
    const { store, answer } = await opened(context);
    const other = encodeSession('other', 0n);
    await put(store, KEY, other);
    assert.deepEqual(await answer(), { kind: 'conflict', found: other });
    await put(store, KEY, null);
    assert.deepEqual(await answer(), { kind: 'conflict', found: null });
  });

  test('without a certain answer is ambiguous; a fault of the store applied nothing', async (context) => {
    const answers: readonly (readonly [Store['transact'], object])[] = [
      [async () => [{ outcome: 'ambiguous', cause: FAULT }], { kind: 'ambiguous' }],
      [() => Promise.reject(new TypeError('a defect')), { kind: 'ambiguous' }],
      [() => Promise.reject(FAULT), { kind: 'failed', why: 'no answer; nothing' }],
    ];
    for (const [transact, expected] of answers) {
      const { answer } = await opened(context, () => ({ transact }));
      assert.deepEqual(await answer(), expected);
    }
  });

  test('gives each call half the life of the session, at least 50 ms, or the budget of a call', async (context) => {
    const budgets: (number | undefined)[] = [];
    const noted = (inner: Store): Partial<Store> => ({
      keepLeaseAlive: (id, options?: CallOptions) => {
        budgets.push(options?.timeoutMs);
        return inner.keepLeaseAlive(id, options);
      },
      transact: (transactions, options) => {
        budgets.push(options?.timeoutMs);
        return inner.transact(transactions, options);
      },
    });
    for (const [sessionTtlMs, storeTimeoutMs] of [
      [3_000, 2_000],
      [30_000, 2_000],
      [60, 2_000],
    ] as const) {
      const { answer } = await opened(context, noted);
      await answer({ sessionTtlMs, storeTimeoutMs });
    }
    assert.deepEqual(budgets, [1_500, 1_500, 2_000, 2_000, 50, 50]);
  });
});
