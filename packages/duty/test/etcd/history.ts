import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Store, StoreFault } from '@watchbill/duty/store';
import { openEtcdStore } from '@watchbill/duty/store/etcd';
import { systemClock } from '@watchbill/kit';
import type { EtcdCluster } from '@watchbill/testkit';

/**
 * One attempt to move a register from one value to the next. Every `to` is used once in the whole history.
 */
export interface Attempt {
  readonly key: string;
  readonly from: string | null;
  readonly to: string;
  readonly outcome: 'applied' | 'conflict' | 'ambiguous' | 'fault';
}

export interface Load {
  /** Attempts so far that ended as told. */
  count(outcome: Attempt['outcome']): number;
  /** Settles when this many more were applied; rejects after 90 s. */
  goesOn(applied?: number): Promise<void>;
  /** End the callers; settles to everything they did. */
  stop(): Promise<readonly Attempt[]>;
}

const KEYS = ['mark/a', 'mark/b', 'mark/c'];
const CALL_TIMEOUT_MS = 1_500;
const GOES_ON_TIMEOUT_MS = 90_000;
const PAUSE_MS = 5;

/** One store for each member, beginning with that member and knowing the others. */
export function storesOf(cluster: EtcdCluster, prefix: string): Promise<Store[]> {
  return Promise.all(
    cluster.endpoints.map((_, index) =>
      openEtcdStore({
        endpoints: cluster.endpoints,
        prefix,
        clock: systemClock(),
        random: { bytes: (length) => Uint8Array.from({ length }, (_, byte) => (byte === 0 ? index : 0)) },
        callTimeoutMs: CALL_TIMEOUT_MS,
      }),
    ),
  );
}

/** Load that goes on before and after the disturbance; then each store holds what its callers were told. */
export async function keepHistory(
  stores: readonly Store[],
  disturb: (load: Load) => Promise<void>,
): Promise<void> {
  const load = startLoad(stores);
  try {
    await load.goesOn();
    await disturb(load);
    await load.goesOn();
  } finally {
    await load.stop();
  }
  const attempts = await load.stop();
  for (const store of stores) await checkHistory(store, attempts);
}

/** Two callers for each store move the registers on, as claims move marks, until they are stopped. */
function startLoad(stores: readonly Store[]): Load {
  const attempts: Attempt[] = [];
  const stopping = new AbortController();
  let drawn = 0;
  const callers = stores.flatMap((store, index) => [
    caller(store, index),
    caller(store, index + stores.length),
  ]);

  async function caller(store: Store, number: number): Promise<void> {
    for (let turn = number; !stopping.signal.aborted; turn += 1) {
      const key = KEYS[turn % KEYS.length] ?? '';
      const from = await readText(store, key);
      if (from === undefined) continue;
      drawn += 1;
      const to = `${number}:${drawn}`;
      attempts.push({ key, from, to, outcome: await move(store, key, from, to) });
      await sleep(PAUSE_MS);
    }
  }

  const count = (outcome: Attempt['outcome']): number =>
    attempts.filter((one) => one.outcome === outcome).length;
  return {
    count,
    goesOn: async (applied = 20) => {
      const target = count('applied') + applied;
      const deadline = performance.now() + GOES_ON_TIMEOUT_MS;
      while (count('applied') < target) {
        assert.ok(
          performance.now() < deadline,
          `only ${count('applied')} of ${target} attempts were applied`,
        );
        await sleep(20);
      }
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(callers);
      return attempts;
    },
  };
}

/** Undefined where the store gave no answer. */
async function readText(store: Store, key: string): Promise<string | null | undefined> {
  try {
    const [value] = await store.read([key]);
    return value === null || value === undefined ? null : Buffer.from(value).toString();
  } catch (error) {
    assert.ok(error instanceof StoreFault, String(error));
    return undefined;
  }
}

/** What the register holds: where the store gives no answer just now, it is asked again. */
async function heldText(store: Store, key: string): Promise<string | null> {
  const deadline = performance.now() + GOES_ON_TIMEOUT_MS;
  for (;;) {
    const text = await readText(store, key);
    if (text !== undefined) return text;
    assert.ok(performance.now() < deadline, `${key} was not read`);
    await sleep(20);
  }
}

/** One compare-and-set. */
export async function move(
  store: Store,
  key: string,
  from: string | null,
  to: string,
): Promise<Attempt['outcome']> {
  const compared = from === null ? null : Buffer.from(from);
  try {
    const [result] = await store.transact([
      { compares: [{ key, value: compared }], writes: [{ key, value: Buffer.from(to) }] },
    ]);
    assert.ok(result !== undefined);
    return result.outcome;
  } catch (error) {
    assert.ok(error instanceof StoreFault, String(error));
    return 'fault';
  }
}

/**
 * The values of each register, walked back from what it holds at the end, must be one chain: every attempt
 * told applied is in it, and nothing is in it that was told conflict or fault. An ambiguous one is settled by
 * being in it or not.
 */
export async function checkHistory(store: Store, attempts: readonly Attempt[]): Promise<void> {
  const byValue = new Map(attempts.map((attempt) => [attempt.to, attempt]));
  assert.equal(byValue.size, attempts.length, 'every value was written by one attempt only');
  for (const key of new Set(attempts.map((attempt) => attempt.key))) {
    const chain = new Set<Attempt>();
    let at = await heldText(store, key);
    while (at !== null) {
      const attempt = byValue.get(at);
      assert.ok(attempt !== undefined && attempt.key === key, `nobody wrote ${at} to ${key}`);
      assert.ok(!chain.has(attempt), `the values of ${key} go in a circle`);
      assert.match(
        attempt.outcome,
        /^(applied|ambiguous)$/,
        `${at} is in ${key}, but was told ${attempt.outcome}`,
      );
      chain.add(attempt);
      at = attempt.from;
    }
    const told = attempts.filter((attempt) => attempt.key === key && attempt.outcome === 'applied');
    const lost = told.filter((attempt) => !chain.has(attempt));
    assert.deepEqual(lost, [], `told applied, but not in the chain of ${key}`);
    const origins = told.map((attempt) => attempt.from);
    assert.equal(new Set(origins).size, origins.length, `two attempts on ${key} were applied to one value`);
  }
}
