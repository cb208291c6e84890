import { type CoreContext, transact } from '../../ground/context.ts';
import type { Unfit } from '../../ground/fitness.ts';
import { keys } from '../../ground/keys.ts';
import { createMirror, type Mirror } from '../../ground/mirror.ts';
import { createNamedMutex } from '../../ground/mutex.ts';
import { decodeRecord, encodeRecord, toBytes } from '../../ground/records.ts';
import type { PresenceEffect, PresenceEvent, Sync } from './presence-events.ts';
import { absence, isFresh, type LeaseOf, NEW_NODE, type NodePresence } from './state.ts';
import { stepPresence } from './step.ts';

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
  onChange(listener: (recordKey: string) => void): () => void;
  stop(): void;
}

/** The mirror of the store, and the memory of this service about each node. */
interface Shell {
  readonly context: CoreContext;
  /** Leases, by record key. */
  readonly mirror: Mirror<string>;
  readonly known: Map<string, NodePresence>;
}

/** One node, as the shell addresses it. */
interface NodeOf {
  readonly chain: string;
  readonly node: string;
  readonly name: string;
}

type StoreEffect = Extract<PresenceEffect, { kind: 'remove' | 'keep' | 'write' }>;

export async function createPresence(context: CoreContext): Promise<Presence> {
  const { clock } = context.parts;
  const mirror = await createMirror(context, {
    prefix: keys.presences,
    decode: (_key, text) => decodeRecord('presence', text).lease,
  });
  const shell: Shell = { context, mirror, known: new Map() };
  const mutex = createNamedMutex();
  const isLive: Presence['isLive'] = (chain, key, node) =>
    mirror.get(keys.presence(chain, key, node)) !== undefined;

  return {
    isLive,
    unfit(chain, key, node, maxAgeMs) {
      const heard = shell.known.get(`${chain}/${node}`)?.heard.get(key);
      if (isFresh(heard, maxAgeMs, clock.monotonicMs())) return heard.unfit?.detail ?? null;
      return isLive(chain, key, node) ? null : absence(heard, maxAgeMs);
    },
    async report(chain, node, reported, ttlMs) {
      const of = { chain, node, name: `${chain}/${node}` };
      const event = { kind: 'reported', keys: reported, ttlMs, nowMs: clock.monotonicMs() } as const;
      for (const effect of advance(shell, of, event)) {
        if (effect.kind === 'log-unfit') logUnfit(shell, of, effect);
        if (effect.kind === 'sync') await mutex.run(of.name, () => syncRecords(shell, of, effect.sync));
      }
    },
    onChange: (listener) => mirror.onChange(listener),
    stop: () => mirror.stop(),
  };
}

function advance({ known }: Shell, { name }: NodeOf, event: PresenceEvent): readonly PresenceEffect[] {
  const { state, effects } = stepPresence(known.get(name) ?? NEW_NODE, event);
  known.set(name, state);
  return effects;
}

function logUnfit(
  { context }: Shell,
  { chain, node }: NodeOf,
  { key, unfit: { criterion, detail } }: Extract<PresenceEffect, { kind: 'log-unfit' }>,
): void {
  const event = { event: 'not-fit', chain, key, node, criterion, detail };
  context.parts.log.warn(event, `${node} is passed over: ${detail}`);
}

/** Brings the records of a report into the store. Rejects if the store does not answer. */
async function syncRecords(shell: Shell, of: NodeOf, sync: Sync): Promise<void> {
  const { mirror, context } = shell;
  const leaseOf: LeaseOf = (key) => mirror.get(keys.presence(of.chain, key, of.node));
  const now = () => ({ sync, leaseOf, nowMs: context.parts.clock.monotonicMs() });
  let event: PresenceEvent | null = { kind: 'turn', ...now() };
  while (event !== null) {
    const [effect] = advance(shell, of, event) as readonly StoreEffect[];
    event = effect === undefined ? null : await perform(shell, of, effect, now);
  }
}

async function perform(
  shell: Shell,
  of: NodeOf,
  effect: StoreEffect,
  now: () => Pick<Extract<PresenceEvent, { kind: 'turn' }>, 'sync' | 'leaseOf' | 'nowMs'>,
): Promise<PresenceEvent | null> {
  switch (effect.kind) {
    case 'remove':
      await remove(shell, of, effect.keys);
      return { kind: 'removed', ...now() };
    case 'keep': {
      const kept = await keepAlive(shell, effect.leases);
      return { kind: 'kept', alive: effect.alive, kept, ...now() };
    }
    default:
      return write(shell, of, effect.keys, effect.ttlMs);
  }
}

async function remove({ context, mirror }: Shell, of: NodeOf, nodeKeys: readonly string[]): Promise<void> {
  const recordKeys = nodeKeys.map((key) => keys.presence(of.chain, key, of.node));
  const writes = recordKeys.map((key) => ({ key, value: null }));
  const { outcome } = await transact(context, { compares: [], writes });
  if (outcome === 'applied') for (const recordKey of recordKeys) mirror.set(recordKey, null);
}

async function keepAlive(
  { context }: Shell,
  leases: readonly string[],
): Promise<ReadonlyMap<string, number | null>> {
  const { store, clock } = context.parts;
  const kept = new Map<string, number | null>();
  for (const lease of leases) {
    const nowMs = clock.monotonicMs();
    const answer = await store.keepLeaseAlive(lease, { timeoutMs: context.options.storeTimeoutMs });
    kept.set(lease, answer === 'alive' ? nowMs : null);
  }
  return kept;
}

async function write(
  { context, mirror }: Shell,
  of: NodeOf,
  nodeKeys: readonly string[],
  ttlMs: number,
): Promise<PresenceEvent | null> {
  const { store, clock } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const nowMs = clock.monotonicMs();
  const { id: lease } = await store.grantLease(ttlMs, { timeoutMs });
  const value = toBytes(encodeRecord('presence', { lease }));
  const recordKeys = nodeKeys.map((key) => keys.presence(of.chain, key, of.node));
  const writes = recordKeys.map((key) => ({ key, value, lease }));
  const { outcome } = await transact(context, { compares: [], writes });
  if (outcome !== 'applied') return null;
  for (const recordKey of recordKeys) mirror.set(recordKey, lease);
  return { kind: 'written', lease, nowMs };
}
