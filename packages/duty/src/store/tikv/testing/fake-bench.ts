import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { systemClock } from '@watchbill/kit';
import type { Store, Transaction, TransactionResult } from '../../port.ts';
import { bytes } from '../../testing/conformance/expect.ts';
import type { TikvCall, TikvOptions } from '../options.ts';
import { decodeEntry, encodeEntry } from '../records.ts';
import { openTikvStore } from '../store.ts';
import { type FakeCall, type FakeCluster, type FakeFate, fakeCluster } from './fake-cluster.ts';

export { bytes, texts, transaction } from '../../testing/conformance/expect.ts';

/** A store on a fake cluster, both closed when the test ends. */
export interface Bench {
  readonly cluster: FakeCluster;
  readonly store: Store;
  readonly logged: readonly string[];
  /**
   * Calls of a method so far that its stores dropped without an answer. A slow machine makes more of them
   * than the test asked for, and each is followed by another try.
   */
  lost(method: string): number;
  /** Another store on the same cluster. */
  another(options?: Partial<TikvOptions>): Promise<Store>;
}

export const PREFIX = '/watchbill/';

export async function bench(context: TestContext, options: Partial<TikvOptions> = {}): Promise<Bench> {
  const cluster = await fakeCluster();
  const logged: string[] = [];
  const calls: TikvCall[] = [];
  context.after(() => cluster.close());
  const another = async (more: Partial<TikvOptions> = {}): Promise<Store> => {
    const store = await openTikvStore({
      endpoints: cluster.endpoints,
      clock: systemClock(),
      lockTtlMs: 200,
      callTimeoutMs: 4_000,
      log: (message) => logged.push(message),
      ...options,
      ...more,
      onCall: (call) => {
        calls.push(call);
        options.onCall?.(call);
      },
    });
    context.after(() => store.close());
    return store;
  };
  const lost = (wanted: string): number =>
    calls.filter(({ method, outcome }) => method === wanted && outcome === 'failed').length;
  return { cluster, logged, lost, another, store: await another() };
}

export async function run(store: Store, one: Transaction, timeoutMs = 4_000): Promise<TransactionResult> {
  const [result] = await store.transact([one], { timeoutMs });
  assert.ok(result !== undefined);
  return result;
}

/** The bytes of a key in TiKV. */
export function inTikv(key: string): Uint8Array {
  return bytes(PREFIX + key);
}

/** The stored bytes of a text. */
export function entry(text: string): Uint8Array {
  return encodeEntry({ value: bytes(text), lease: null });
}

/** Give this fate to the next `times` calls of a method. */
export function first(cluster: FakeCluster, method: string, fate: FakeFate, times = 1): void {
  let left = times;
  const others = cluster.fate;
  cluster.fate = (call: FakeCall) => {
    if (call.method !== method || left <= 0) return others(call);
    left -= 1;
    return fate;
  };
}

/** Current locks, as texts of their keys. */
export function lockedKeys({ memory }: FakeCluster): readonly string[] {
  return memory.locks().map(({ key }) => new TextDecoder().decode(key).slice(PREFIX.length));
}

/** The text under a mutation or a record; for messages of failing tests. */
export function textOf(value: Uint8Array): string {
  return new TextDecoder().decode(decodeEntry(value)?.value ?? value);
}

/**
 * Throws unless a count is at least this high. A call that was lost by chance may have arrived, and so counts
 * once more.
 */
export function assertCount(count: number, expected: number, lost: number, what = 'calls'): void {
  assert.ok(count >= expected && count <= expected + lost, `${count} ${what}, of which ${lost} may be lost`);
}

/** Checks again and again; the limit of a minute is for a store that fails, not for a slow machine. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 6_000; tries += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('it never came about');
}
