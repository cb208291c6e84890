import type { ReadinessReport } from '../../contract.ts';
import { type CoreContext, transact } from '../../ground/context.ts';
import type { Unfit } from '../../ground/fitness.ts';
import { keys } from '../../ground/keys.ts';
import { createMirror, type Mirror } from '../../ground/mirror.ts';
import { createNamedMutex } from '../../ground/mutex.ts';
import { decodeRecord, encodeRecord, toBytes } from '../../ground/records.ts';

/**
 * Which nodes are there and fit for which key, by a leased record each; the keys of one report share one
 * lease. A node's reports may reach any service: the record names the lease, so the service that gets the
 * report keeps it alive. Preference only.
 */
export type Presence = Awaited<ReturnType<typeof createPresence>>;

/** The last report of a node for one key, at this service. */
interface Heard {
  /** When it came, by the monotonic clock, in milliseconds. */
  readonly atMs: number;
  readonly unfit: Unfit | null;
  /** Null for a sign of life that is no report. */
  readonly report: ReadinessReport | null;
}

/** The memory of this service about one node of one chain, changed in place. */
interface NodePresence {
  readonly chain: string;
  readonly node: string;
  /** By key. */
  readonly heard: Map<string, Heard>;
  /** When a lease of this node was granted or kept alive here, by the monotonic clock, in milliseconds. */
  readonly keptMs: Map<string, number>;
}

interface Shell {
  readonly context: CoreContext;
  /** Leases, by record key. */
  readonly mirror: Mirror<string>;
}

export async function createPresence(context: CoreContext) {
  const { clock } = context.parts;
  const mirror = await createMirror(context, {
    prefix: keys.presences,
    decode: (_key, text) => decodeRecord('presence', text).lease,
  });
  const known = new Map<string, NodePresence>();
  const mutex = createNamedMutex();
  const isLive = (chain: string, key: string, node: string): boolean =>
    mirror.get(keys.presence(chain, key, node)) !== undefined;
  const heardOf = (chain: string, key: string, node: string) => known.get(`${chain}/${node}`)?.heard.get(key);

  return {
    isLive,
    /** The last report of the node for the key that came to this service; null if it is older. */
    lastReport(chain: string, key: string, node: string, maxAgeMs: number): ReadinessReport | null {
      const heard = heardOf(chain, key, node);
      return isFresh(heard, maxAgeMs, clock.monotonicMs()) ? heard.report : null;
    },
    /**
     * Null if the node is present and fit, here within `maxAgeMs` or elsewhere by a live record; else the
     * reason.
     */
    unfit(chain: string, key: string, node: string, maxAgeMs: number): string | null {
      const heard = heardOf(chain, key, node);
      if (isFresh(heard, maxAgeMs, clock.monotonicMs())) return heard.unfit?.detail ?? null;
      if (isLive(chain, key, node)) return null;
      const last = `its last report is older than ${maxAgeMs} ms`;
      return heard === undefined ? 'it has not reported for this key' : last;
    },
    /** `keys` with the reason why the node is unfit for each, null if it is fit. */
    async report(
      chain: string,
      node: string,
      reported: ReadonlyMap<string, Unfit | null>,
      ttlMs: number,
      report: ReadinessReport | null = null,
    ): Promise<void> {
      const name = `${chain}/${node}`;
      const of = known.get(name) ?? { chain, node, heard: new Map(), keptMs: new Map() };
      known.set(name, of);
      hear(context, of, reported, report);
      // One report of a node at a time.
      await mutex.run(name, () => syncRecords({ context, mirror }, of, reported, ttlMs));
    },
    onChange: (listener: (recordKey: string) => void): (() => void) => mirror.onChange(listener),
    stop: (): void => mirror.stop(),
  };
}

/** True while the last report of the node at this service says whether it is fit. */
export function isFresh(heard: Heard | undefined, maxAgeMs: number, nowMs: number): heard is Heard {
  return heard !== undefined && nowMs - heard.atMs <= maxAgeMs;
}

/** Nodes report every second, so only a criterion that did not fail before is logged. */
function hear(
  { parts: { clock, log } }: CoreContext,
  { chain, node, heard }: NodePresence,
  reported: ReadonlyMap<string, Unfit | null>,
  report: ReadinessReport | null,
): void {
  for (const [key, unfit] of reported) {
    if (unfit !== null && unfit.criterion !== heard.get(key)?.unfit?.criterion) {
      const event = { event: 'not-fit', chain, key, node, ...unfit };
      log.warn(event, `${node} is passed over: ${unfit.detail}`);
    }
    heard.set(key, { atMs: clock.monotonicMs(), unfit, report });
  }
}

/**
 * Brings a report into the store: removes the records of keys for which the node is unfit, keeps the leases
 * of the other records alive, and writes the records whose lease has lapsed. Rejects if the store does not
 * answer.
 */
async function syncRecords(
  shell: Shell,
  of: NodePresence,
  reported: ReadonlyMap<string, Unfit | null>,
  ttlMs: number,
): Promise<void> {
  const { context, mirror } = shell;
  const recordsOf = (isFit: boolean) =>
    [...reported]
      .filter(([, unfit]) => (unfit === null) === isFit)
      .map(([key]) => keys.presence(of.chain, key, of.node));
  const gone = recordsOf(false).filter((recordKey) => mirror.get(recordKey) !== undefined);
  if (gone.length > 0) await write(shell, gone, null);
  const fit = recordsOf(true);
  const alive = await keepAlive(shell, of, fit, ttlMs);
  const lapsed = fit.filter((recordKey) => !alive.has(mirror.get(recordKey) ?? ''));
  if (lapsed.length === 0) return;
  const { store, clock } = context.parts;
  const nowMs = clock.monotonicMs();
  const { id: lease } = await store.grantLease(ttlMs, { timeoutMs: context.options.storeTimeoutMs });
  if (await write(shell, lapsed, lease)) of.keptMs.set(lease, nowMs);
}

/**
 * The leases of these records that live. One that was kept alive within a quarter of its life is not kept
 * again.
 */
async function keepAlive(
  { context, mirror }: Shell,
  { keptMs }: NodePresence,
  recordKeys: readonly string[],
  ttlMs: number,
): Promise<ReadonlySet<string>> {
  const { store, clock } = context.parts;
  const beganMs = clock.monotonicMs();
  const leases = new Set(recordKeys.map(mirror.get).filter((lease) => lease !== undefined));
  for (const lease of leases) {
    if (beganMs - (keptMs.get(lease) ?? Number.NEGATIVE_INFINITY) < ttlMs / 4) continue;
    const askedMs = clock.monotonicMs();
    const answer = await store.keepLeaseAlive(lease, { timeoutMs: context.options.storeTimeoutMs });
    if (answer === 'alive') keptMs.set(lease, askedMs);
    else for (const known of [leases, keptMs]) known.delete(lease);
  }
  return leases;
}

/** Writes records with this lease; null removes them. False if that is not certain. */
async function write(
  { context, mirror }: Shell,
  recordKeys: readonly string[],
  lease: string | null,
): Promise<boolean> {
  const writes = recordKeys.map((key) =>
    lease === null
      ? { key, value: null }
      : { key, value: toBytes(encodeRecord('presence', { lease })), lease },
  );
  const { outcome } = await transact(context, { compares: [], writes });
  if (outcome !== 'applied') return false;
  for (const recordKey of recordKeys) mirror.set(recordKey, lease);
  return true;
}
