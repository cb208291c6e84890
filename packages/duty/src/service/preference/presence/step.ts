import type { PresenceEffect, PresenceEvent, Sync } from './presence-events.ts';
import type { LeaseOf, NodePresence } from './state.ts';

/** A new state, and what to do next. */
export interface PresenceStep {
  readonly state: NodePresence;
  readonly effects: readonly PresenceEffect[];
}

/**
 * One event of the presence of one node. Pure. A report first removes the records of keys for which the node
 * is unfit, then keeps the leases of the other records alive, then writes the records whose lease has lapsed.
 */
export function stepPresence(state: NodePresence, event: PresenceEvent): PresenceStep {
  switch (event.kind) {
    case 'reported':
      return onReported(state, event);
    case 'turn': {
      const there = event.sync.unfit.filter((key) => event.leaseOf(key) !== undefined);
      if (there.length === 0) return keep(state, event);
      return { state, effects: [{ kind: 'remove', keys: there }] };
    }
    case 'removed':
      return keep(state, event);
    case 'kept':
      return onKept(state, event);
    default: {
      const keptMs = new Map(state.keptMs).set(event.lease, event.nowMs);
      return { state: { ...state, keptMs }, effects: [] };
    }
  }
}

function onReported(
  state: NodePresence,
  { keys, ttlMs, nowMs }: Extract<PresenceEvent, { kind: 'reported' }>,
): PresenceStep {
  const heard = new Map(state.heard);
  const effects: PresenceEffect[] = [];
  const sync = { fit: [] as string[], unfit: [] as string[], ttlMs };
  for (const [key, unfit] of keys) {
    // Nodes report every second, so only a criterion that did not fail before is logged.
    if (unfit !== null && unfit.criterion !== heard.get(key)?.unfit?.criterion)
      effects.push({ kind: 'log-unfit', key, unfit });
    heard.set(key, { atMs: nowMs, unfit });
    (unfit === null ? sync.fit : sync.unfit).push(key);
  }
  return { state: { ...state, heard }, effects: [...effects, { kind: 'sync', sync }] };
}

/** A lease that was kept alive within a quarter of its life is not kept again. */
function keep(
  state: NodePresence,
  { sync, leaseOf, nowMs }: Extract<PresenceEvent, { kind: 'turn' | 'removed' }>,
): PresenceStep {
  const leases = new Set(sync.fit.map(leaseOf).filter((lease) => lease !== undefined));
  const keptMs = (lease: string) => state.keptMs.get(lease) ?? Number.NEGATIVE_INFINITY;
  const due = [...leases].filter((lease) => nowMs - keptMs(lease) >= sync.ttlMs / 4);
  const alive = new Set([...leases].filter((lease) => !due.includes(lease)));
  if (due.length > 0) return { state, effects: [{ kind: 'keep', leases: due, alive }] };
  return { state, effects: writeLapsed(sync, leaseOf, alive) };
}

function onKept(
  state: NodePresence,
  { sync, leaseOf, alive, kept }: Extract<PresenceEvent, { kind: 'kept' }>,
): PresenceStep {
  const keptMs = new Map(state.keptMs);
  const all = new Set(alive);
  for (const [lease, atMs] of kept) {
    if (atMs === null) keptMs.delete(lease);
    else {
      keptMs.set(lease, atMs);
      all.add(lease);
    }
  }
  return { state: { ...state, keptMs }, effects: writeLapsed(sync, leaseOf, all) };
}

function writeLapsed(
  { fit, ttlMs }: Sync,
  leaseOf: LeaseOf,
  alive: ReadonlySet<string>,
): readonly PresenceEffect[] {
  const lapsed = fit.filter((key) => !alive.has(leaseOf(key) ?? ''));
  return lapsed.length === 0 ? [] : [{ kind: 'write', keys: lapsed, ttlMs }];
}
