import { type Clock, OVER } from '@watchbill/kit';
import type { Registry } from 'prom-client';
import type { Policy } from '../../rule/index.ts';
import type { Permit, PermitHealth, SessionState, StandbyView, WatchState } from '../contract.ts';
import { gauge } from './instruments.ts';

const STATES: readonly SessionState[] = [
  'starting',
  'joining',
  'checking',
  'serving',
  'behind',
  'draining',
  'stopped',
];

export interface Levels {
  /** Read the service and set every gauge. One reading at a time; never rejects. */
  refresh(permit: Permit, timeoutMs: number): Promise<void>;
}

/** Gauges of the current state of the service, read on each scrape. */
export function createLevels(registry: Registry, clock: Clock): Levels {
  const health = healthLevels(registry);
  const watch = watchLevels(registry);
  const standbys = standbyLevels(registry);
  let running: Promise<void> | null = null;
  const read = async (permit: Permit, timeoutMs: number): Promise<void> => {
    const [state, watches, policies, nodes] = await Promise.all([
      within(clock, permit.health(), timeoutMs),
      within(clock, permit.watches({}), timeoutMs),
      within(clock, permit.policies(), timeoutMs),
      within(clock, permit.standbys({}), timeoutMs),
    ]);
    health(state);
    if (watches !== null && policies !== null) watch(watches, policies);
    if (nodes !== null) standbys(nodes);
  };
  return {
    refresh: (permit, timeoutMs) => {
      running ??= read(permit, timeoutMs).finally(() => {
        running = null;
      });
      return running;
    },
  };
}

function healthLevels(registry: Registry): (health: PermitHealth | null) => void {
  const ready = gauge(registry, 'ready');
  const session = gauge(registry, 'sessionState');
  const inFlight = gauge(registry, 'inFlight');
  const storeOk = gauge(registry, 'storeOk');
  const members = gauge(registry, 'storeMembers');
  const margin = gauge(registry, 'storeQuorumMargin');
  const term = gauge(registry, 'storeTerm');
  margin.clear();
  term.clear();
  return (health) => {
    ready.set([], health?.ready === true ? 1 : 0);
    storeOk.set([], health?.store.ok === true ? 1 : 0);
    if (health === null) return;
    inFlight.set([], health.inFlight);
    for (const state of STATES) session.set([state], health.state === state ? 1 : 0);
    const ok = health.store.members.filter((member) => member.ok).length;
    members.set(['ok'], ok);
    members.set(['lost'], health.store.members.length - ok);
    if (health.store.quorumMargin === null) margin.clear();
    else margin.set([], health.store.quorumMargin);
    if (health.store.term === null) term.clear();
    else term.set([], Number(health.store.term));
  };
}

function watchLevels(
  registry: Registry,
): (watches: readonly WatchState[], policies: readonly Policy[]) => void {
  const holder = gauge(registry, 'watchHolder');
  const live = gauge(registry, 'watchLive');
  const term = gauge(registry, 'watchTerm');
  const frozen = gauge(registry, 'keyFrozen');
  /**
   * Every node ever seen per key: if its series vanished, a node would look as if it had never been there.
   */
  const known = new Map<string, { chain: string; key: string; nodes: Set<string> }>();
  const of = (chain: string, key: string) => {
    const id = `${chain}/${key}`;
    const found = known.get(id) ?? { chain, key, nodes: new Set<string>() };
    known.set(id, found);
    return found;
  };
  return (watches, policies) => {
    for (const policy of policies) {
      const { nodes } = of(policy.chain, policy.key);
      for (const node of policy.roster) nodes.add(node.name);
      frozen.set([policy.chain, policy.key], policy.mode === 'frozen' ? 1 : 0);
    }
    for (const watch of watches) {
      const { nodes } = of(watch.chain, watch.key);
      if (watch.holder !== null) nodes.add(watch.holder);
      for (const node of nodes) holder.set([watch.chain, watch.key, node], node === watch.holder ? 1 : 0);
      live.set([watch.chain, watch.key], watch.live && watch.holder !== null ? 1 : 0);
      term.set([watch.chain, watch.key], Number(watch.term));
    }
    const watched = new Set(watches.map((watch) => `${watch.chain}/${watch.key}`));
    for (const [id, { chain, key, nodes }] of known) {
      if (watched.has(id)) continue;
      for (const node of nodes) holder.set([chain, key, node], 0);
      live.set([chain, key], 0);
    }
  };
}

/** A node that comes on watch, or leaves every policy, loses its series. */
function standbyLevels(registry: Registry): (nodes: readonly StandbyView[]) => void {
  const due = gauge(registry, 'standbyDue');
  const granted = gauge(registry, 'standbyGranted');
  const p99 = gauge(registry, 'standbySeconds');
  const drill = gauge(registry, 'standbyDrill');
  return (nodes) => {
    for (const level of [due, granted, p99, drill]) level.clear();
    for (const { chain, key, node, onWatch, shadow, lastDrill } of nodes) {
      if (onWatch) continue;
      const labels = [chain, key, node];
      due.set(labels, shadow.due);
      granted.set(labels, shadow.granted);
      if (shadow.p99Ms !== null) p99.set(labels, shadow.p99Ms / 1_000);
      drill.set(labels, lastDrill?.state === 'ok' ? lastDrill.atMs / 1_000 : 0);
    }
  };
}

/** The value, or null if it did not come in time or at all. */
async function within<Value>(
  clock: Clock,
  promise: Promise<Value>,
  timeoutMs: number,
): Promise<Value | null> {
  const settled = new AbortController();
  const late = clock.sleep(timeoutMs, settled.signal).then(() => null);
  try {
    return await Promise.race([promise.catch(() => null), late]);
  } finally {
    settled.abort(OVER);
  }
}
