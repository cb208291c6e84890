import type { Api } from '../../client/api.ts';
import type { DecisionPage, DecisionRecord, Policy, StandbyView } from '../../client/views.ts';
import type { Io } from '../../process/io.ts';

/** The first unit that the new active node signed, and whether observers saw what follows it. */
export interface FirstUnit {
  readonly duty: string;
  readonly unit: string;
  readonly part: string;
  /** Unix milliseconds, by the clock of the service. */
  readonly grantedMs: number;
  /** Null if the reports of observers do not show units of this duty. */
  readonly seen: boolean | null;
}

const LOOK_MS = 250;
const PAGE = 1_000;
/** A bound: decisions beyond this are of no hand-over. */
const MAX_PAGES = 20;
/** A unit denied for these was granted to the other node, or is over. */
const SETTLED = new Set(['unit-taken', 'below-floor', 'below-window', 'digest-differs']);

/**
 * Looks until the node has signed a unit that was granted after the decision `since`, and observers have seen
 * a later round. Null if there was none in time.
 */
export async function firstUnit(
  io: Io,
  api: Api,
  policy: Policy,
  wanted: {
    readonly node: string;
    readonly since: number;
    readonly seconds: number;
    readonly signal: AbortSignal;
  },
): Promise<FirstUnit | null> {
  const { node, since, seconds, signal } = wanted;
  const endMs = io.clock.monotonicMs() + seconds * 1_000;
  let first: FirstUnit | null = null;
  for (;;) {
    first ??= firstOf(await decisionsSince(api, policy, since), node, policy);
    if (first !== null) first = { ...first, seen: await isSeen(api, policy, node, first) };
    if (first !== null && first.seen !== false) return first;
    if (signal.aborted || io.clock.monotonicMs() >= endMs) return first;
    await io.clock.sleep(LOOK_MS, signal);
  }
}

/** Units that a node was denied since then and none was granted: `duty unit`, oldest first. */
export async function missedUnits(api: Api, policy: Policy, since: number): Promise<readonly string[]> {
  const decisions = await decisionsSince(api, policy, since);
  const name = ({ duty, unit }: DecisionRecord) => `${duty} ${unit}`;
  const granted = new Set(decisions.filter(({ outcome }) => outcome === 'granted').map(name));
  const denied = decisions.filter(({ outcome, reason }) => outcome !== 'granted' && !SETTLED.has(reason));
  return [...new Set(denied.map(name))].filter((unit) => !granted.has(unit));
}

/** The newest id of a decision, before anything is changed. */
export async function newestDecision(api: Api): Promise<number> {
  const page = await api.get<DecisionPage>('/v1/decisions', { limit: '1' });
  return page.decisions[0]?.id ?? 0;
}

/** Decisions of the key with a higher id, oldest first. */
async function decisionsSince(
  api: Api,
  { chain, key }: Policy,
  since: number,
): Promise<readonly DecisionRecord[]> {
  const found: DecisionRecord[] = [];
  let before: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { chain, key, before, limit: String(PAGE) };
    const { decisions, next } = await api.get<DecisionPage>('/v1/decisions', query);
    found.push(...decisions.filter(({ id }) => id > since));
    if (next === null || decisions.length === 0 || decisions.some(({ id }) => id <= since)) break;
    before = String(next);
  }
  return found.sort((one, other) => one.id - other.id);
}

/** A round, if the key votes: observers confirm rounds only. */
function firstOf(decisions: readonly DecisionRecord[], node: string, { duties }: Policy): FirstUnit | null {
  const votes = duties.grandpa?.enabled === true;
  for (const { outcome, node: by, parts, duty, unit, atMs } of decisions) {
    const part = parts.find((one) => one !== 'enter');
    const isWanted = !votes || duty === 'grandpa';
    if (outcome === 'granted' && by === node && part !== undefined && isWanted)
      return { duty, unit, part, grantedMs: atMs, seen: null };
  }
  return null;
}

/** A round is over once others report a later one. Reports name no author, so a slot is never seen. */
async function isSeen(
  api: Api,
  { chain, key }: Policy,
  node: string,
  { duty, unit }: FirstUnit,
): Promise<boolean | null> {
  if (duty !== 'grandpa') return null;
  const { standbys } = await api.get<{ standbys: StandbyView[] }>('/v1/standbys', { chain, key });
  const seen = standbys.find((one) => one.node === node)?.seen;
  if (seen?.setId == null || seen.round === null) return false;
  const [set = 0n, round = 0n] = unit.split('/').map(BigInt);
  const [seenSet, seenRound] = [BigInt(seen.setId), BigInt(seen.round)];
  return seenSet > set || (seenSet === set && seenRound > round);
}
