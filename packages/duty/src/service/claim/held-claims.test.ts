import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../store/index.ts';
import { ask, CHAIN, FIT_REPORT, INCARNATION, memoryStore, startAdopted } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';

/** More calls than this are a storm, in which virtual time stands still: the store refuses them. */
const STORM = 20_000;
const WATCHED_MS = 10_000;

/** Counts the calls of a store that cost a round trip. */
function countCalls(inner: Store) {
  let calls = 0;
  const counted =
    <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      calls += 1;
      if (calls > STORM) throw new Error('a storm of store calls');
      return call(...args);
    };
  const { read, list, transact, grantLease, keepLeaseAlive } = inner;
  const store: Store = {
    ...inner,
    read: counted(read),
    list: counted(list),
    transact: counted(transact),
    grantLease: counted(grantLease),
    keepLeaseAlive: counted(keepLeaseAlive),
  };
  return { store, calls: () => calls };
}

/**
 * Store calls in ten seconds in which a is active, both nodes report each second, and b always has this
 * many `enter`s under way; and how many there were.
 */
async function tenSeconds(context: TestContext, held: number) {
  const clock = clockOf(context);
  const counter = countCalls(memoryStore(context));
  const { permit } = await startAdopted(context, { standbyDelayMs: 0 }, counter);
  await permit.observe({ chain: CHAIN, setId: '0', round: '60' }, 'watcher');
  const report = async () => {
    for (const node of ['a', 'b']) await permit.reportReadiness(FIT_REPORT, node);
  };
  await report();
  const before = counter.calls();
  const endMs = clock.monotonicMs() + WATCHED_MS;
  const reports = async () => {
    for (; clock.monotonicMs() < endMs; await clock.sleep(1_000)) await report();
  };
  let asked = 0;
  const standby = async (index: number) => {
    const unit = `0/${61 + (index % 16)}`;
    const enter = { duty: 'grandpa', unit, part: 'enter', digest: null, incarnation: INCARNATION } as const;
    for (; clock.monotonicMs() < endMs; asked += 1)
      assert.equal(await ask(permit, 'b', { ...enter, term: '1' }), 'denied:off-watch');
  };
  await Promise.all([reports(), ...Array.from({ length: held }, (_each, index) => standby(index))]);
  return { calls: counter.calls() - before, asked };
}

test('claims that are held cost the store no calls: each one reads when it comes, and when it could act', async (context) => {
  const alone = await tenSeconds(context, 0);
  for (const held of [1, 2, 50]) {
    const { calls, asked } = await tenSeconds(context, held);
    assert.ok(asked >= held && asked <= 4 * held, `${asked} claims by ${held} waiters: each is held for 3 s`);
    // Beside the watch, which each claim reads once, the first one of a mark reads the policy and the mark.
    const most = alone.calls + asked + 20;
    assert.ok(calls <= most, `${calls} store calls with ${held} held claims, at most ${most}`);
  }
});
