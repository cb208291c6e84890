import type { CoreContext } from './context.ts';
import type { Unfit } from './fitness.ts';
import { keys } from './keys.ts';
import { createMirror } from './mirror.ts';
import { createNamedMutex } from './mutex.ts';
import { decodeRecord, encodeRecord, toBytes } from './records.ts';

/**
 * Which nodes are there and fit for which key, by a leased record each; the keys of one report share one
 * lease. A node's reports may reach any service: the record names the lease, so the service that gets the
 * report keeps it alive. Preference only.
 */
export interface Presence {
  isLive(chain: string, key: string, node: string): boolean;
  /**
   * Null if the node is present and fit, here within `maxAgeMs` or elsewhere by a live record; else the
   * reason.
   */
  unfit(chain: string, key: string, node: string, maxAgeMs: number): string | null;
  /** `keys` with the reason why the node is unfit for each, null if it is fit. */
  report(chain: string, node: string, keys: ReadonlyMap<string, Unfit | null>, ttlMs: number): Promise<void>;
  onChange(listener: () => void): () => void;
  stop(): void;
}

interface Heard {
  readonly atMs: number;
  readonly unfit: Unfit | null;
}

export async function createPresence(context: CoreContext): Promise<Presence> {
  const { store, clock, log } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const heard = new Map<string, Heard>();
  const keptMs = new Map<string, number>();
  const mutex = createNamedMutex();
  const mirror = await createMirror(context, {
    prefix: keys.presences,
    decode: (_key, text) => decodeRecord('presence', text).lease,
  });

  async function isKept(lease: string, ttlMs: number): Promise<boolean> {
    const nowMs = clock.monotonicMs();
    if (nowMs - (keptMs.get(lease) ?? Number.NEGATIVE_INFINITY) < ttlMs / 4) return true;
    const alive = (await store.keepLeaseAlive(lease, { timeoutMs })) === 'alive';
    if (alive) keptMs.set(lease, nowMs);
    else keptMs.delete(lease);
    return alive;
  }

  async function renew(recordKeys: readonly string[], ttlMs: number): Promise<void> {
    const leases = new Map<string, boolean>();
    for (const recordKey of recordKeys) {
      const lease = mirror.get(recordKey);
      if (lease !== undefined && !leases.has(lease)) leases.set(lease, await isKept(lease, ttlMs));
    }
    const lapsed = recordKeys.filter((recordKey) => leases.get(mirror.get(recordKey) ?? '') !== true);
    if (lapsed.length === 0) return;
    const nowMs = clock.monotonicMs();
    const granted = await store.grantLease(ttlMs, { timeoutMs });
    const value = toBytes(encodeRecord('presence', { lease: granted.id }));
    const writes = lapsed.map((key) => ({ key, value, lease: granted.id }));
    const [result] = await store.transact([{ compares: [], writes }], { timeoutMs });
    if (result?.outcome !== 'applied') return;
    keptMs.set(granted.id, nowMs);
    for (const recordKey of lapsed) mirror.set(recordKey, granted.id);
  }

  async function remove(recordKeys: readonly string[]): Promise<void> {
    const there = recordKeys.filter((recordKey) => mirror.get(recordKey) !== undefined);
    if (there.length === 0) return;
    const writes = there.map((key) => ({ key, value: null }));
    const [result] = await store.transact([{ compares: [], writes }], { timeoutMs });
    if (result?.outcome === 'applied') for (const recordKey of there) mirror.set(recordKey, null);
  }

  /** Once when a node fails a criterion that it did not fail before: it reports every second. */
  function tell(recordKey: string, chain: string, key: string, node: string, unfit: Unfit | null): void {
    const before = heard.get(recordKey)?.unfit?.criterion;
    if (unfit === null || unfit.criterion === before) return;
    const { criterion, detail } = unfit;
    log.warn({ event: 'not-fit', chain, key, node, criterion, detail }, `${node} is passed over: ${detail}`);
  }

  return {
    isLive: (chain, key, node) => mirror.get(keys.presence(chain, key, node)) !== undefined,
    unfit(chain, key, node, maxAgeMs) {
      const recordKey = keys.presence(chain, key, node);
      const own = heard.get(recordKey);
      const ageMs = own === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() - own.atMs;
      if (ageMs <= maxAgeMs) return own?.unfit?.detail ?? null;
      if (mirror.get(recordKey) !== undefined) return null;
      return own === undefined
        ? 'it has not reported for this key'
        : `its last report is older than ${maxAgeMs} ms`;
    },
    async report(chain, node, reported, ttlMs) {
      const fit: string[] = [];
      const unfit: string[] = [];
      for (const [key, why] of reported) {
        const recordKey = keys.presence(chain, key, node);
        tell(recordKey, chain, key, node, why);
        heard.set(recordKey, { atMs: clock.monotonicMs(), unfit: why });
        (why === null ? fit : unfit).push(recordKey);
      }
      await mutex.run(`${chain}/${node}`, async () => {
        await remove(unfit);
        await renew(fit, ttlMs);
      });
    },
    onChange: (listener) => mirror.onChange(listener),
    stop: () => mirror.stop(),
  };
}
