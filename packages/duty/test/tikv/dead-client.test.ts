import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Store, StoreFault } from '@watchbill/duty/store';
import { openTikvStore } from '@watchbill/duty/store/tikv';
import { systemClock } from '@watchbill/kit';
import { startTikvCluster, type TikvCluster } from '@watchbill/testkit/tikv';
import { holdCommits, loseCommits, type Racer, startRacer } from './race.ts';
import { RACE_PREFIX, unitKey } from './racer.ts';

/** The default of the store, which the racers have. */
const LOCK_TTL_MS = 1_000;
/** A budget between the two: far from either, so that a busy machine does not decide. */
const [SHORT_TTL_MS, BUDGET_MS, LONG_TTL_MS] = [200, 5_000, 60_000];

describe('a client that is gone between prewrite and commit', () => {
  let cluster: TikvCluster;
  let racer: Racer;
  let store: Store;
  before(async () => {
    cluster = await startTikvCluster();
    racer = await startRacer(cluster, 'a');
    const { endpoints } = cluster;
    store = await openTikvStore({ endpoints, prefix: RACE_PREFIX, clock: systemClock() });
  });
  after(async () => {
    await store?.close();
    await racer?.kill();
    await cluster?.close();
  });

  const claim = async (unit: number, timeoutMs: number): Promise<string | undefined> => {
    const key = unitKey(unit);
    const writes = [{ key, value: Buffer.from('the other') }];
    const [result] = await store.transact([{ compares: [{ key, value: null }], writes }], { timeoutMs });
    return result?.outcome;
  };
  const codeOf = (error: unknown): string => (error instanceof StoreFault ? error.code : String(error));
  const held = async (unit: number): Promise<string> =>
    Buffer.from((await store.read([unitKey(unit)]))[0] ?? []).toString();

  test('killed: the next claim of its record waits for its lock to expire, and wins', async (context) => {
    await claim(0, 20_000);
    await loseCommits(cluster, 1, () => racer.race([1]));
    await racer.kill();
    await cluster.faults({});
    const startedMs = performance.now();
    assert.equal(await claim(1, 20 * LOCK_TTL_MS), 'applied');
    context.diagnostic(
      `lock of ${LOCK_TTL_MS} ms: the next claim took ${Math.round(performance.now() - startedMs)} ms`,
    );
    assert.equal(await held(1), 'the other');
    await racer.restart();
    await racer.done();
    assert.equal(racer.told.get(1), 'the other');
  });

  test('its configured time decides: a short lock is over within a budget, a long one is not', async (context) => {
    const outcomes: Record<number, string | undefined> = {};
    for (const [index, lockTtlMs] of [SHORT_TTL_MS, LONG_TTL_MS].entries()) {
      const other = await startRacer(cluster, `ttl-${lockTtlMs}`, lockTtlMs);
      context.after(() => other.kill());
      const unit = 100 + index;
      await loseCommits(cluster, 1, () => other.race([unit]));
      await other.kill();
      await cluster.faults({});
      outcomes[lockTtlMs] = await claim(unit, BUDGET_MS).catch(codeOf);
    }
    assert.deepEqual(outcomes, { [SHORT_TTL_MS]: 'applied', [LONG_TTL_MS]: 'unavailable' });
  });

  test('killed: a claim of another record does not wait for it', async (context) => {
    const other = await startRacer(cluster, 'slow', LONG_TTL_MS);
    context.after(() => other.kill());
    await loseCommits(cluster, 1, () => other.race([2]));
    await other.kill();
    await cluster.faults({});
    // Less than what is left of the lock: a claim that waited for it would be too late.
    assert.equal(await claim(3, BUDGET_MS), 'applied');
    assert.equal(await claim(2, SHORT_TTL_MS).catch(codeOf), 'unavailable', 'the lock is still there');
  });

  test('frozen: the other wins meanwhile, and the commit that comes late is refused', async () => {
    await holdCommits(cluster, 1, () => racer.race([4]));
    racer.pause();
    // The commit of the frozen one waits at the stores; that of the other must not, so it comes by no commit
    // at all: a read rolls the expired lock back.
    assert.deepEqual(await store.read([unitKey(4)], { timeoutMs: 20 * LOCK_TTL_MS }), [null]);
    await cluster.faults({});
    assert.equal(await claim(4, 20 * LOCK_TTL_MS), 'applied');
    racer.resume();
    await racer.done();
    assert.equal(racer.told.get(4), 'the other');
    assert.equal(await held(4), 'the other');
  });
});
