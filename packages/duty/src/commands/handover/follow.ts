import { until } from '@watchbill/kit';
import type { Api } from '../../client/api.ts';
import type { Policy } from '../../rule/index.ts';
import type { DecisionPage, DecisionRecord, StandbyView, UnitsPage } from '../../service/index.ts';
import type { Work } from './handover-run.ts';

/** The first unit that the new active node signed, and whether observers saw what follows it. */
export interface FirstUnit {
  readonly duty: string;
  readonly unit: string;
  readonly part: string;
  /** Unix milliseconds, by the clock of the service. */
  readonly grantedMs: number;
  /** Null if the policy lists no observer, or if observers do not report units of this duty. */
  readonly seen: boolean | null;
}

const LOOK_MS = 250;
const PAGE = 1_000;
/** A bound: decisions beyond this are of no handover. */
const MAX_PAGES = 20;
/** Observers show a vote by a later round, and a slot by its block. The first enabled one is followed. */
const SHOWN = ['grandpa', 'babe', 'aura'] as const;
/** A slot began at most this long before its grant: no chain has longer slots. */
const SLOT_MS = 60_000;
const MAX_UNITS = 256;
/** A unit denied for these was granted to the other node, or is over. */
const SETTLED = new Set(['unit-taken', 'below-floor', 'below-window', 'digest-differs']);

/**
 * Looks until observers have seen a unit of the node that was granted after the decision `since`: a later
 * round for a vote, its block for a slot. The first one seen, else the first one granted; null without one.
 */
export async function firstUnit(
  { io, api, policy, signal, options: { to: node, seconds } }: Work,
  since: number,
): Promise<FirstUnit | null> {
  let last: FirstUnit | null = null;
  const look = async (): Promise<FirstUnit | null> => {
    const grants = grantsOf(await decisionsSince(api, policy, since), node, policy);
    last = await firstSeen(api, policy, node, grants);
    return last !== null && last.seen !== false ? last : null;
  };
  const limits = { clock: io.clock, signal, pauseMs: LOOK_MS, withinMs: seconds * 1_000 };
  return (await until(look, limits)) ?? last;
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

/** Units that the node was granted, of the duty that observers show best; oldest first. */
function grantsOf(
  decisions: readonly DecisionRecord[],
  node: string,
  { duties }: Policy,
): readonly FirstUnit[] {
  const wanted = SHOWN.find((name) => duties[name]?.enabled === true);
  return decisions.flatMap(({ outcome, node: by, parts, duty, unit, atMs }) => {
    const part = parts.find((one) => one !== 'enter');
    const isWanted = wanted === undefined || duty === wanted;
    if (outcome !== 'granted' || by !== node || part === undefined || !isWanted) return [];
    return [{ duty, unit, part, grantedMs: atMs, seen: null }];
  });
}

async function firstSeen(
  api: Api,
  policy: Policy,
  node: string,
  grants: readonly FirstUnit[],
): Promise<FirstUnit | null> {
  const [first = null] = grants;
  if (first === null || !SHOWN.some((name) => name === first.duty)) return first;
  if (first.duty === 'grandpa') return { ...first, seen: await isRoundOver(api, policy, node, first.unit) };
  if (policy.ceilings.observers.length === 0) return first;
  const signed = await signedSlots(api, policy, first);
  // The chain may keep the block of another author for the first slot, so a later one counts too.
  const found = grants.find(({ unit }) => signed.has(unit));
  return { ...(found ?? first), seen: found !== undefined };
}

/** Slots since then that observers saw a block of the key for: `GET /v1/units`. */
async function signedSlots(
  api: Api,
  { chain, key }: Policy,
  { duty, grantedMs }: FirstUnit,
): Promise<ReadonlySet<string>> {
  const since = String(grantedMs - SLOT_MS);
  const query = { chain, key, duty, since, limit: String(MAX_UNITS) };
  const { units } = await api.get<UnitsPage>('/v1/units', query);
  return new Set(units.flatMap(({ outcome, unit }) => (outcome === 'signed' ? Object.values(unit) : [])));
}

/** A round is over once observers other than the node report a later one. */
async function isRoundOver(api: Api, { chain, key }: Policy, node: string, unit: string): Promise<boolean> {
  const { standbys } = await api.get<{ standbys: StandbyView[] }>('/v1/standbys', { chain, key });
  const seen = standbys.find((one) => one.node === node)?.seen;
  if (seen?.setId == null || seen.round === null) return false;
  const [set = 0n, round = 0n] = unit.split('/').map(BigInt);
  const [seenSet, seenRound] = [BigInt(seen.setId), BigInt(seen.round)];
  return seenSet > set || (seenSet === set && seenRound > round);
}
