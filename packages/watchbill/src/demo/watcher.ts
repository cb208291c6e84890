import type { DecisionPage, DecisionRecord, WatchState } from '@watchbill/duty/service';
import { type Clock, until } from '@watchbill/kit';
import type { Api } from './api.ts';
import { watchesOf } from './presence.ts';

export type DecisionCounts = ReturnType<ReturnType<typeof watchService>['decisions']>;

const EVERY_MS = 150;
/** Decisions of one look; far more than the validators ask for between two. */
const PAGE = 200;
const KEPT = 5;

/**
 * Follows what the service reports: the active nodes, and its decisions. For the view, the killer, and to
 * know when all are up. Conflicts and duties are never taken from here.
 */
export function watchService(
  operator: Api,
  chain: string,
  clock: Clock,
  heard: (watches: readonly WatchState[]) => void,
) {
  let watches: readonly WatchState[] = [];
  let newest = 0;
  let granted = 0;
  const denied = new Map<string, number>();
  const unknown = new Map<string, number>();
  /** Latest answers that were not grants, oldest first. */
  let refusals: readonly DecisionRecord[] = [];

  async function read(path: string): Promise<unknown> {
    const answer = await operator.call('GET', path, null, 2_000);
    return answer.kind === 'answer' && answer.status === 200 ? answer.body : null;
  }

  function count(one: DecisionRecord): void {
    newest = one.id;
    if (one.outcome === 'granted') {
      granted++;
      return;
    }
    const counts = one.outcome === 'denied' ? denied : unknown;
    counts.set(one.reason, (counts.get(one.reason) ?? 0) + 1);
    refusals = [...refusals, one].slice(-KEPT);
  }

  async function look(): Promise<null> {
    const [watch, page] = await Promise.all([
      read(`/v1/watch?chain=${chain}`),
      read(`/v1/decisions?limit=${PAGE}`),
    ]);
    if (watch !== null) {
      watches = watchesOf(watch);
      heard(watches);
    }
    const { decisions } = (page ?? { decisions: [] }) as DecisionPage;
    for (const one of decisions.filter(({ id }) => id > newest).reverse()) count(one);
    return null;
  }

  return {
    latest: () => watches,
    decisions: () => ({ granted, denied, unknown, refusals }),
    run: (signal: AbortSignal) => until(look, { clock, signal, pauseMs: EVERY_MS }),
  };
}
