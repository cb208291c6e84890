import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Store, StoreFault, type TransactionResult } from '../../store/index.ts';
import type { CoreContext } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { contextOf, memoryStore, put, textIn } from '../testing/services.ts';
import { START_MS } from '../testing/world.ts';
import { encodeSession } from './record.ts';
import { momentOf } from './state.ts';
import { open, renew } from './store-calls.ts';

const SERVICE = 'service-1';
const KEY = keys.session(SERVICE);
const TTL_MS = 3_000;
const FAULT = new StoreFault('unavailable', 'no answer', 'nothing');

type Change = (inner: Store) => Partial<Store>;
type Options = Partial<CoreContext['options']>;

function ground(context: TestContext) {
  const store = memoryStore(context);
  /** The context over a store that answers otherwise. */
  const core = (change: Change = () => ({}), options: Options = {}) => {
    const parts = { store: { ...store, ...change(store) }, ledger: { serviceId: SERVICE } };
    return contextOf(context, parts, { sessionTtlMs: TTL_MS, ...options });
  };
  const begin = (change?: Change, recorded: () => Promise<void> = async () => undefined) => {
    const starts: number[] = [];
    const on = core(change);
    const opened = async ({ nowMs }: { readonly nowMs: number }) => {
      await recorded();
      starts.push(nowMs);
    };
    return open(on, opened, () => momentOf(on.parts.clock)).then((event) => ({ ...event, starts }));
  };
  return { store, core, begin, stored: () => textIn(store, KEY) };
}

const answering =
  (result: TransactionResult): Change =>
  () => ({ transact: async () => [result] });

describe('opening a session', () => {
  test('writes its record with a new lease, records the start, and names the session before it', async (context) => {
    for (const before of [null, 'before']) {
      const { store, begin, stored } = ground(context);
      if (before !== null) await put(store, KEY, encodeSession(before, 7n));
      const event = await begin();
      assert.match(event.id, /^[0-9a-f]{32}$/);
      assert.deepEqual([event.text, await stored()], Array(2).fill(encodeSession(event.id, 0n)));
      assert.deepEqual([event.before, event.ttlMs, event.at.nowMs], [before, TTL_MS, START_MS]);
      assert.deepEqual(event.starts, [START_MS]);
      await store.revokeLease(event.leaseId);
      assert.equal(await stored(), null, 'the record ends with its lease');
    }
  });

  test('is refused if another process opened one meanwhile, and no start is recorded', async (context) => {
    const rival: Change = (inner) => ({
      read: async (wanted, options) => {
        const found = await inner.read(wanted, options);
        await put(inner, KEY, encodeSession('other', 0n));
        return found;
      },
    });
    for (const [change, outcome] of [
      [answering({ outcome: 'conflict', current: [null] }), 'conflict'],
      [answering({ outcome: 'ambiguous', cause: FAULT }), 'ambiguous'],
      [rival, 'conflict'],
    ] as const) {
      const opening = ground(context).begin(change, async () => assert.fail('a start was recorded'));
      await assert.rejects(opening, { message: `the session was not written: ${outcome}` });
    }
  });

  test('fails if the start was not recorded', async (context) => {
    const opening = ground(context).begin(undefined, () => Promise.reject(new Error('no reports')));
    await assert.rejects(opening, { message: 'no reports' });
  });
});

describe('renewing a session', () => {
  async function opened(context: TestContext, change?: Change) {
    const { store, core, begin, stored } = ground(context);
    const { id, text: from, leaseId } = await begin();
    const to = encodeSession(id, 1n);
    const answer = (options?: Options) => renew(core(change, options), { from, to, leaseId });
    return { store, to, stored, answer, leaseId };
  }

  test('raises the counter under the same lease', async (context) => {
    const { store, answer, stored, to, leaseId } = await opened(context);
    assert.deepEqual(await answer(), { kind: 'applied' });
    assert.equal(await stored(), to);
    await store.revokeLease(leaseId);
    assert.equal(await stored(), null);
  });

  test('reports a lease that has expired, and writes no record', async (context) => {
    const { store, answer, stored, leaseId } = await opened(context);
    await store.revokeLease(leaseId);
    assert.deepEqual([await answer(), await stored()], [{ kind: 'lease-expired' }, null]);
  });

  test('reports which record it met instead', async (context) => {
    const { store, answer } = await opened(context);
    for (const found of [encodeSession('other', 0n), null]) {
      await put(store, KEY, found);
      assert.deepEqual(await answer(), { kind: 'conflict', found });
    }
  });

  test('without a certain answer is ambiguous; a fault of the store applied nothing', async (context) => {
    const rejecting = (error: Error) => () => ({ transact: () => Promise.reject(error) });
    for (const [change, expected] of [
      [answering({ outcome: 'ambiguous', cause: FAULT }), { kind: 'ambiguous' }],
      [rejecting(new TypeError('a defect')), { kind: 'ambiguous' }],
      [rejecting(FAULT), { kind: 'failed', why: 'no answer; nothing' }],
    ] as const)
      assert.deepEqual(await (await opened(context, change)).answer(), expected);
  });

  test('gives each call half the life of the session, at least 50 ms, or the budget of a call', async (context) => {
    const budgets: (number | undefined)[] = [];
    const noted: Change = (inner) => ({
      keepLeaseAlive: (id, options) => {
        budgets.push(options?.timeoutMs);
        return inner.keepLeaseAlive(id, options);
      },
      transact: (transactions, options) => {
        budgets.push(options?.timeoutMs);
        return inner.transact(transactions, options);
      },
    });
    for (const sessionTtlMs of [3_000, 30_000, 60])
      await (await opened(context, noted)).answer({ sessionTtlMs, storeTimeoutMs: 2_000 });
    assert.deepEqual(budgets, [1_500, 1_500, 2_000, 2_000, 50, 50]);
  });
});
