import {
  compareUnits,
  DUTIES,
  type Duty,
  dutyNamed,
  type Policy,
  parseUnit,
  type Unit,
} from '../../../rule/index.ts';
import {
  type PeerUnitsQuery,
  PermitFault,
  type UnitFacts,
  type UnitFactsPage,
  type UnitsPage,
  type UnitsQuery,
} from '../../contract.ts';
import type { CoreModules } from '../../modules.ts';
import { meantKey } from '../../policy/meant-keys.ts';
import { judgeUnit } from '../../units/judge.ts';
import { mergeFacts } from '../../units/merge.ts';
import { fitsRow } from '../../units/record.ts';

/** Where a unit stands in the order of pages. */
type Place = Pick<UnitFacts, 'duty' | 'unit'>;

/** Rows that one page of a service looks at, so that a late `since` cannot hold up grants. */
const SCAN_ROWS = 20_000;
const PEER_TIMEOUT_MS = 2_000;
/** The services notice a unit at slightly different times. */
const SINCE_MARGIN_MS = 60_000;

/** A page of units, with the facts of every service of the ledger: decision 0034. */
export async function unitsPage(modules: CoreModules, query: UnitsQuery): Promise<UnitsPage> {
  const { limit, before, missed: wanted, since = 0 } = query;
  const policy = meantKey(modules.policies.all(), query);
  const { chain, key } = policy;
  const duties = dutiesOf(policy, query);
  const asked = { chain, key, duty: query.duty, limit, since: since - SINCE_MARGIN_MS, before };
  const first = await gather(modules, asked);
  const [end] = first.ends.toSorted(inOrder);
  const known = first.facts.filter((facts) => end === undefined || inOrder(facts, end) <= 0);
  const merged = known.toSorted(inOrder);
  const shown = merged.slice(0, limit);
  let { complete } = first;
  const views = [];
  for (const duty of duties) {
    const units = shown.filter((facts) => facts.duty === duty.name).map(({ unit }) => unitOf(duty, unit));
    if (units.length === 0) continue;
    const found = await factsOf(modules, policy, duty, units);
    complete &&= found.complete;
    const context = { policy, duty, complete, nowMs: modules.context.parts.clock.nowMs() };
    views.push(...found.facts.map((facts) => judgeUnit(facts, context)));
  }
  const last = merged.length < limit ? end : shown.at(-1);
  const units = views.filter(({ at, missed }) => at >= since && (wanted !== true || missed));
  return { units, ...(last === undefined ? {} : { next: `${last.duty}/${last.unit}` }), complete };
}

/** By duty, then the newest first. */
function inOrder(a: Place, b: Place): number {
  if (a.duty !== b.duty) return a.duty < b.duty ? -1 : 1;
  const duty = dutyNamed(a.duty);
  return duty === null ? 0 : compareUnits(unitOf(duty, b.unit), unitOf(duty, a.unit));
}

export function unitOf(duty: Duty, text: string): Unit {
  const parsed = parseUnit(duty.fields, text);
  return parsed.ok ? parsed.unit : duty.fields.map(() => 0n);
}

/** Duties in the order of pages, from the one where the last page ended. */
function dutiesOf(policy: Policy, query: Pick<UnitsQuery, 'duty' | 'before'>): Duty[] {
  const from = query.before?.split('/', 1)[0] ?? '';
  return DUTIES.filter(
    ({ name }) => policy.duties[name] !== undefined && (query.duty ?? name) === name && name >= from,
  ).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The facts of this service: a page of them, or exactly the units that the query names. */
export function ownFacts(modules: CoreModules, query: PeerUnitsQuery): UnitFactsPage {
  const { unitFile } = modules.context.parts;
  const { chain, key, since = 0, limit } = query;
  const policy = modules.policies.get(chain, key)?.policy;
  if (unitFile === undefined || policy === undefined) return { facts: [] };
  const found: UnitFacts[] = [];
  const duties = dutiesOf(policy, query);
  const scan = Math.ceil(SCAN_ROWS / duties.length);
  for (const duty of duties) {
    const of = { chain, key, duty: duty.name, fields: duty.fields.length };
    if (query.units !== undefined) {
      const units = query.units.map((text) => unitOf(duty, text)).filter(fitsRow);
      found.push(...unitFile.exactly(of, units));
    } else {
      const before = beforeIn(duty, query.before);
      const rest = limit - found.length;
      if (rest <= 0) break;
      const { facts, ended } = unitFile.page({ ...of, sinceMs: since, before, limit: rest, scan });
      found.push(...facts);
      if (ended !== null) return { facts: found, ended: { duty: duty.name, unit: ended.join('/') } };
    }
  }
  return { facts: found };
}

/** The unit of the cursor, if it is one of this duty. Throws a PermitFault `invalid-query`. */
function beforeIn(duty: Duty, before: string | undefined): Unit | null {
  if (before === undefined || !before.startsWith(`${duty.name}/`)) return null;
  const parsed = parseUnit(duty.fields, before.slice(duty.name.length + 1));
  if (parsed.ok && fitsRow(parsed.unit)) return parsed.unit;
  const remedy = 'Pass `next` of the last page unchanged, for example `babe/299196429`.';
  throw new PermitFault('invalid-query', 400, `\`before\` is not a unit of ${duty.name}`, remedy);
}

/** The facts of all services about exactly these units of one duty. */
export function factsOf(modules: CoreModules, { chain, key }: Policy, duty: Duty, units: readonly Unit[]) {
  const texts = units.map((unit) => unit.join('/'));
  return gather(modules, { chain, key, duty: duty.name, units: texts, limit: units.length });
}

/**
 * The facts of all services, and the places below which one of them may have older units. A service that is
 * removed decides nothing, so it is not asked.
 */
async function gather(modules: CoreModules, query: PeerUnitsQuery) {
  const { services, identity, context } = modules;
  const { peers } = context.parts;
  // If the store does not answer, other services are not known.
  const listed = await services.views().catch(() => null);
  const others = (listed ?? []).filter(({ self, state }) => !self && state !== 'removed');
  const asked = others.map(async ({ url }) => {
    if (url === null || peers.units === undefined) return null;
    return peers.units(url, identity.peerSecret, query, PEER_TIMEOUT_MS).catch(() => null);
  });
  const answers = await Promise.all(asked);
  const pages = [ownFacts(modules, query), ...answers.filter((answer) => answer !== null)];
  return {
    facts: mergeFacts(pages.flatMap(({ facts }) => facts)),
    ends: pages.flatMap(({ ended }) => ended ?? []),
    complete: listed !== null && !answers.includes(null),
  };
}
