import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { type Store, StoreFault } from '../../../store/index.ts';
import { policyOf } from '../../claim/testing/claim.ts';
import type { ReadinessReport } from '../../contract.ts';
import { keys } from '../../ground/keys.ts';
import { encodeRecord, type WatchRecord } from '../../ground/records.ts';
import {
  CHAIN,
  contextOf,
  FIT_REPORT,
  fakeDeaf,
  fakeLog,
  KEY,
  memoryStore,
  policyDocument,
  put,
  refusal,
  textIn,
} from '../../testing/services.ts';
import { clockOf, until, worldOf } from '../../testing/world.ts';
import { createWatchBook } from './watches.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const WATCH = keys.watch(CHAIN, KEY);
const POLICY = policyOf({ standbyDelayMs: 0, watchTtlMs: 4_000 });
const RANKED = policyOf({ standbyDelayMs: 100, watchTtlMs: 4_000 });
const watch = (holder: string, term: string, relief: string | null = null): WatchRecord => ({
  ...{ holder, term, relief },
});

/** A watch book over a memory store, for these policies; `see` changes the store as the book sees it. */
async function ground(
  context: TestContext,
  policies: readonly Policy[] = [POLICY],
  see: (inner: Store) => Store = (inner) => inner,
) {
  const inner = memoryStore(context);
  const { log, lines: logged } = fakeLog('info');
  const ttls: number[] = [];
  const seen = see(inner);
  const grantLease: Store['grantLease'] = (ttlMs, options) => {
    ttls.push(ttlMs);
    return seen.grantLease(ttlMs, options);
  };
  const store = { ...seen, grantLease };
  const book = await createWatchBook(contextOf(context, { store, log }), () => []);
  worldOf(context).atEnd(async () => book.stop());
  const policyNamed = (key: string) => policies.find((one) => one.key === key) ?? null;
  const report = (node: string, of: Partial<ReadinessReport> = {}) =>
    book.report({ ...FIT_REPORT, ...of }, node, policyNamed);
  const told: unknown[] = [];
  book.onTaken((policy, from, taken) => void told.push([policy.key, from, taken]));
  const stored = () => textIn(inner, WATCH);
  /** Another service writes the record of the watch, or of a presence. */
  const hold = (...of: Parameters<typeof watch>) => put(inner, WATCH, encodeRecord('watch', watch(...of)));
  const be = (node: string, isThere = true, key = KEY) =>
    put(inner, keys.presence(CHAIN, key, node), isThere ? '{"lease":"x","v":1}' : null);
  return { inner, book, report, stored, hold, be, told, logged, ttls };
}

describe('the record of a watch', () => {
  test('is written over the one that was read alone, within the budget of a call, and known at once', async (context) => {
    const budgets: (number | undefined)[] = [];
    let reads = 0;
    const { book } = await ground(context, [POLICY], (store) => ({
      ...fakeDeaf(store),
      read: (...asked) => {
        reads += 1;
        return store.read(...asked);
      },
      transact: (transactions, options) => {
        budgets.push(options?.timeoutMs);
        return store.transact(transactions, options);
      },
    }));
    const before = await book.read(CHAIN, KEY);
    assert.equal(await book.write(POLICY, before, watch('a', '1')), true);
    assert.equal(book.holder(POLICY), 'a');
    assert.equal(await book.write(POLICY, before, watch('b', '1')), false, 'it changed meanwhile');
    assert.equal(book.holder(POLICY), 'a');
    assert.equal(reads, 1, 'a certain answer needs no read');
    assert.equal((await book.read(CHAIN, KEY)).text, encodeRecord('watch', watch('a', '1')));
    assert.deepEqual(budgets, [2_000, 2_000]);
  });

  for (const isApplied of [true, false])
    test(`whose write has no certain answer is read: ${isApplied ? 'applied' : 'not applied'}`, async (context) => {
      const cause = new StoreFault('unavailable', 'the leader changed', 'wait');
      const { book } = await ground(context, [POLICY], (store) => ({
        ...fakeDeaf(store),
        transact: async (transactions, options) => {
          if (isApplied) await store.transact(transactions, options);
          return transactions.map(() => ({ outcome: 'ambiguous', cause }) as const);
        },
      }));
      const before = await book.read(CHAIN, KEY);
      assert.equal(await book.write(POLICY, before, watch('a', '1', 'b')), isApplied);
      assert.equal(book.holder(POLICY), isApplied ? 'a' : null);
    });
});

describe('a node that is fit', () => {
  test('takes a watch that no node has, which is logged and told', async (context) => {
    const { book, report, told, logged } = await ground(context);
    const states = await report('a');
    assert.deepEqual(states, [
      { chain: CHAIN, key: KEY, holder: 'a', live: true, term: '1', ready: ['a'], unfit: [], movingTo: null },
    ]);
    assert.deepEqual(told, [[KEY, null, watch('a', '1')]]);
    const event = { event: 'watch', chain: CHAIN, key: KEY, holder: 'a', before: null, term: '1' };
    assert.deepEqual(logged, [{ level: 'info', ...event, text: 'a is active' }]);
    await report('b');
    assert.deepEqual([book.holder(POLICY), told.length], ['a', 1]);
    assert.equal(await book.tryTake(POLICY, 'b'), false);
    assert.equal(await book.tryTake(POLICY, 'a'), true);
  });

  test('takes it from one that is gone', async (context) => {
    const { book, report, told } = await ground(context);
    await report('a');
    await clockOf(context).sleep(4_100);
    assert.equal(book.holderLive(POLICY), false);
    await report('b');
    assert.deepEqual(told[1], [KEY, 'a', watch('b', '2')]);
    assert.equal(book.holderLive(POLICY), true);
  });

  test('waits for its turn, from the present lapse on', async (context) => {
    const { book, report, hold, be } = await ground(context, [RANKED]);
    const take = async (ms: number) => {
      await clockOf(context).sleep(ms);
      return book.tryTake(RANKED, 'b');
    };
    await be('b');
    await be('a');
    assert.deepEqual([await take(10), await take(99)], [false, false]);
    await hold('a', '3');
    assert.equal(await take(50), false, 'the holder is live');
    await hold('gone', '4');
    assert.deepEqual([await take(50), await take(99), await take(1)], [false, false, true]);
    assert.equal(book.holder(RANKED), 'b');
    await be('b', false);
    assert.equal(await take(1_000), false, 'a new lapse');
    await report('b');
    assert.equal(book.holder(RANKED), 'b');
  });

  test('does not take it if the store has another one by then', async (context) => {
    const { book, hold, be } = await ground(context, [POLICY], fakeDeaf);
    await hold('b', '7');
    await be('b');
    assert.equal(await book.tryTake(POLICY, 'a'), false);
    assert.equal(book.holder(POLICY), 'b');
    assert.equal(await book.tryTake(POLICY, 'b'), true, 'it has it already');
    assert.equal((await book.read(CHAIN, KEY)).record.term, '7');
  });

  test('ends a handover that its service left, and stays active', async (context) => {
    const { book, report, stored, hold } = await ground(context);
    await report('a');
    await hold('a', '1', 'b');
    await until(context, () => book.state(POLICY).movingTo === 'b', 'the mark to be seen');
    for (let second = 0; second < 47; second++) {
      await report('a');
      await clockOf(context).sleep(1_000);
    }
    assert.equal(await stored(), encodeRecord('watch', watch('a', '1')));
    assert.equal(await book.tryTake(POLICY, 'a'), true);
  });
});

describe('a report', () => {
  const required = policyOf({ readiness: { ...policyDocument().readiness, required: true } });

  test('of a node that is not fit takes no watch, and is shown if the policy asks for readiness', async (context) => {
    const { book, report } = await ground(context, [required]);
    const [state] = await report('a', { syncing: true });
    assert.deepEqual([state?.holder, state?.live, state?.ready], [null, false, []]);
    assert.deepEqual(state?.unfit, [
      { node: 'a', why: 'it is syncing' },
      { node: 'b', why: 'it has not reported for this key' },
    ]);
    assert.equal(book.unfit(required, 'a'), 'it is syncing');
    await report('b');
    assert.deepEqual(book.state(required).unfit, [{ node: 'a', why: 'it is syncing' }]);
    assert.deepEqual(book.state({ ...required, readiness: POLICY.readiness }).unfit, []);
  });

  test('for several keys has one lease, of the shortest life that their policies give', async (context) => {
    const other = policyOf({ key: OTHER, watchTtlMs: 3_000 });
    const { report, ttls } = await ground(context, [POLICY, other]);
    const states = await report('a', { keys: [KEY, OTHER, KEY] });
    const holders = states.map(({ key, holder }) => `${key} ${holder}`);
    assert.deepEqual(holders, [`${KEY} a`, `${OTHER} a`]);
    assert.deepEqual(ttls, [3_000]);
  });

  test('for a key that does not list the node is refused as a whole', async (context) => {
    const { book, report } = await ground(context);
    const remedy = 'Add the node to the roster and apply the policy.';
    const why = (node: string, key: string) =>
      `403 not-listed: ${node} is not in the roster of key ${key} on chain ${CHAIN} | ${remedy}`;
    assert.equal(await refusal(report('z')), why('z', KEY));
    assert.equal(await refusal(report('a', { keys: [KEY, OTHER] })), why('a', OTHER));
    assert.deepEqual([book.holder(POLICY), book.state(POLICY).ready], [null, []]);
  });

  test('for no key says nothing', async (context) => {
    const { report, ttls } = await ground(context);
    assert.deepEqual([await report('a', { keys: [] }), ttls], [[], []]);
  });
});

test('a sign of life is a report without figures, of a listed node', async (context) => {
  const { book, ttls } = await ground(context);
  await book.signOfLife(POLICY, 'z');
  assert.deepEqual([book.holder(POLICY), ttls], [null, []]);
  await book.signOfLife(POLICY, 'a');
  assert.deepEqual([book.holder(POLICY), ttls, book.unfit(POLICY, 'a')], ['a', [4_000], null]);
});

test('whether another node is ready depends on the other listed nodes alone', async (context) => {
  const { book, report, be } = await ground(context);
  await be('z');
  await report('a');
  const ready = ['a', 'b'].map((node) => book.standing(POLICY, node).otherReady);
  assert.deepEqual(ready, [false, true]);
});

test('the ready nodes are the live ones, best rank first', async (context) => {
  const roster = ['c', 'a', 'b'].map((name) => ({ name, rank: name.charCodeAt(0) }));
  const policy = policyOf({ standbyDelayMs: 0, watchTtlMs: 4_000, roster });
  const { book, report } = await ground(context, [policy]);
  for (const node of ['b', 'c', 'a']) await report(node);
  assert.deepEqual(book.state(policy).ready, ['a', 'b', 'c']);
});

test('a listener hears each change of the watch or of a presence for its key, until it leaves', async (context) => {
  const { book, hold, be } = await ground(context);
  let heard = 0;
  const leave = book.onChange(CHAIN, KEY, () => {
    heard += 1;
  });
  const after = async (act: () => unknown) => {
    heard = 0;
    await act();
    await clockOf(context).sleep(1_000);
    return heard;
  };
  assert.equal(await after(() => be('a')), 1);
  assert.equal(await after(() => hold('a', '1')), 1);
  assert.equal(await after(() => hold('a', '1')), 0, 'the record was written again as it was');
  assert.equal(await after(() => book.read(CHAIN, KEY)), 0, 'the record was read as it is known');
  assert.equal(await after(() => be('a', true, OTHER)), 0, 'it is another key');
  leave();
  assert.equal(await after(() => hold('b', '1')), 0);
  assert.equal(await after(() => be('b')), 0);
});

test('a watch book that was stopped follows no change', async (context) => {
  const { book, hold, be } = await ground(context);
  book.stop();
  await hold('a', '1');
  await be('a');
  await clockOf(context).sleep(1_000);
  assert.deepEqual([book.holder(POLICY), book.state(POLICY).ready], [null, []]);
});
