import { type Clock, within } from '@watchbill/kit';
import type { Instruments } from '@watchbill/kit/metrics';
import type { Policy } from '../../rule/index.ts';
import type { Permit, PermitHealth, StandbyView, WatchState } from '../contract.ts';
import { healthView } from '../shapes/admin.ts';
import type { METRICS } from './catalogue.ts';

type Series = Instruments<typeof METRICS>;

/** Gauges of the current state of the service, read on each scrape. */
export function createLevels(series: Series, clock: Clock) {
  const watch = watchLevels(series);
  let running: Promise<void> | null = null;
  const readAll = async (permit: Permit, timeoutMs: number): Promise<void> => {
    const { signal } = new AbortController();
    /** Null if it did not come in time or at all. */
    const read = <Value>(level: Promise<Value>): Promise<Value | null> =>
      within('a level', timeoutMs, signal, () => level, clock).catch(() => null);
    const [state, watches, policies, nodes] = await Promise.all([
      read(permit.health()),
      read(permit.watches({})),
      read(permit.policies()),
      read(permit.standbys({})),
    ]);
    healthLevels(series, state);
    if (watches !== null && policies !== null) watch(watches, policies);
    leaseLevels(series, watches ?? []);
    if (nodes !== null) standbyLevels(series, nodes);
  };
  return {
    /** Read the service and set every gauge. One reading at a time; never rejects. */
    refresh: (permit: Permit, timeoutMs: number): Promise<void> => {
      running ??= readAll(permit, timeoutMs).finally(() => {
        running = null;
      });
      return running;
    },
  };
}

function healthLevels(series: Series, health: PermitHealth | null): void {
  const { ready, storeOk, inFlight, sessionState, storeMembers, storeQuorumMargin, storeTerm } = series;
  ready.set(health?.ready === true ? 1 : 0);
  storeOk.set(health?.store.ok === true ? 1 : 0);
  if (health === null) return;
  inFlight.set(health.inFlight);
  for (const state of healthView.shape.state.options)
    sessionState.set({ state }, health.state === state ? 1 : 0);
  const { members, quorumMargin, term } = health.store;
  const ok = members.filter((member) => member.ok).length;
  storeMembers.set({ state: 'ok' }, ok);
  storeMembers.set({ state: 'lost' }, members.length - ok);
  if (quorumMargin === null) storeQuorumMargin.clear();
  else storeQuorumMargin.set(quorumMargin);
  if (term === null) storeTerm.clear();
  else storeTerm.set(Number(term));
}

function watchLevels(series: Series): (watches: readonly WatchState[], policies: readonly Policy[]) => void {
  const { watchHolder, watchLive, watchTerm, keyFrozen } = series;
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
    for (const { chain, key, roster, mode } of policies) {
      const { nodes } = of(chain, key);
      for (const node of roster) nodes.add(node.name);
      keyFrozen.set({ chain, key }, mode === 'frozen' ? 1 : 0);
    }
    for (const { chain, key, holder, live, term } of watches) {
      const { nodes } = of(chain, key);
      if (holder !== null) nodes.add(holder);
      for (const node of nodes) watchHolder.set({ chain, key, node }, node === holder ? 1 : 0);
      watchLive.set({ chain, key }, live && holder !== null ? 1 : 0);
      watchTerm.set({ chain, key }, Number(term));
    }
    const watched = new Set(watches.map((watch) => `${watch.chain}/${watch.key}`));
    for (const [id, { chain, key, nodes }] of known) {
      if (watched.has(id)) continue;
      for (const node of nodes) watchHolder.set({ chain, key, node }, 0);
      watchLive.set({ chain, key }, 0);
    }
  };
}

/** A lease that is unknown has no series: 0 would be an alert, and 1 its all-clear. */
function leaseLevels({ keyLease }: Series, watches: readonly WatchState[]): void {
  keyLease.clear();
  for (const { chain, key, keyLeases = [] } of watches)
    for (const { name, node, askedBy } of keyLeases.filter((one) => one.state !== 'unknown'))
      for (const by of node === null ? askedBy : [...askedBy, node])
        keyLease.set({ chain, key, name, node: by }, by === node ? 1 : 0);
}

/** A node that becomes active, or leaves every policy, loses its series. */
function standbyLevels(series: Series, nodes: readonly StandbyView[]): void {
  const { standbyDue, standbyGranted, standbySeconds, standbyDrill } = series;
  for (const level of [standbyDue, standbyGranted, standbySeconds, standbyDrill]) level.clear();
  for (const { chain, key, node, onWatch, shadow, lastDrill } of nodes) {
    if (onWatch) continue;
    const labels = { chain, key, node };
    standbyDue.set(labels, shadow.due);
    standbyGranted.set(labels, shadow.granted);
    if (shadow.p99Ms !== null) standbySeconds.set(labels, shadow.p99Ms / 1_000);
    standbyDrill.set(labels, lastDrill?.state === 'ok' ? lastDrill.atMs / 1_000 : 0);
  }
}
