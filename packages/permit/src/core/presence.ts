import type { CoreContext } from './context.ts';
import { keys } from './keys.ts';
import { createMirror } from './mirror.ts';
import { createNamedMutex } from './mutex.ts';
import { decodeRecord, encodeRecord, toBytes } from './records.ts';

/**
 * Which nodes are there and fit, by a leased record each. A node's reports may reach any service: the lease is named
 * in the record, so whoever hears the node keeps it alive. Preference only.
 */
export interface Presence {
  isLive(chain: string, node: string): boolean;
  /** Heard and fit, here within `maxAgeMs` or elsewhere by a live record. */
  isFit(chain: string, node: string, maxAgeMs: number): boolean;
  report(chain: string, node: string, fit: boolean, ttlMs: number): Promise<void>;
  onChange(listener: () => void): () => void;
  stop(): void;
}

interface Heard {
  readonly atMs: number;
  readonly fit: boolean;
}

export async function createPresence(context: CoreContext): Promise<Presence> {
  const { store, clock } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const heard = new Map<string, Heard>();
  const keptMs = new Map<string, number>();
  const mutex = createNamedMutex();
  const mirror = await createMirror(context, {
    prefix: keys.presences,
    decode: (_key, text) => decodeRecord('presence', text).lease,
  });

  async function renew(recordKey: string, ttlMs: number): Promise<void> {
    const lease = mirror.get(recordKey);
    const nowMs = clock.monotonicMs();
    if (lease !== undefined && nowMs - (keptMs.get(recordKey) ?? Number.NEGATIVE_INFINITY) < ttlMs / 4)
      return;
    if (lease !== undefined && (await store.keepLeaseAlive(lease, { timeoutMs })) === 'alive') {
      keptMs.set(recordKey, nowMs);
      return;
    }
    const granted = await store.grantLease(ttlMs, { timeoutMs });
    const text = encodeRecord('presence', { lease: granted.id });
    const write = { key: recordKey, value: toBytes(text), lease: granted.id };
    const [result] = await store.transact([{ compares: [], writes: [write] }], { timeoutMs });
    if (result?.outcome !== 'applied') return;
    keptMs.set(recordKey, nowMs);
    mirror.set(recordKey, granted.id);
  }

  return {
    isLive: (chain, node) => mirror.get(keys.presence(chain, node)) !== undefined,
    isFit(chain, node, maxAgeMs) {
      const recordKey = keys.presence(chain, node);
      const own = heard.get(recordKey);
      if (own !== undefined && clock.monotonicMs() - own.atMs <= maxAgeMs) return own.fit;
      return mirror.get(recordKey) !== undefined;
    },
    async report(chain, node, fit, ttlMs) {
      const recordKey = keys.presence(chain, node);
      heard.set(recordKey, { atMs: clock.monotonicMs(), fit });
      await mutex.run(recordKey, async () => {
        if (fit) return renew(recordKey, ttlMs);
        const lease = mirror.get(recordKey);
        if (lease === undefined) return;
        await store.revokeLease(lease, { timeoutMs });
        mirror.set(recordKey, null);
      });
    },
    onChange: (listener) => mirror.onChange(listener),
    stop: () => mirror.stop(),
  };
}
