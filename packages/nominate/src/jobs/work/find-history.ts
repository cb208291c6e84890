import { cutHistory } from '../../history/cut.ts';
import { type FaultRules, faultsBetween, missedPoints } from '../../history/faults.ts';
import { mergePeriods, periodsOf } from '../../history/rank.ts';
import type { RankRules } from '../../history/rank-rules.ts';
import type { Fault } from '../../snapshot/history-shapes.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ProgrammeStore } from '../../storage/port.ts';
import { readNote } from '../notes.ts';
import { addFresh } from './fresh-faults.ts';
import { countsFor, type IncludedNomination, keepIncluded } from './included-transactions.ts';

/** Eras to check for missed points; earlier runs checked older ones. */
const RECENT_ERAS = 4;

/** New faults of a snapshot, and the part of it that the search for reported faults needs. */
export interface FaultsFound {
  readonly added: number;
  /** Stash keys of the candidates. */
  readonly keys: readonly string[];
  /** The active era; null if unknown. */
  readonly era: number | null;
}

/** Stores the faults between two snapshots, and those of missed points. */
export async function findFaults(
  store: ProgrammeStore,
  rules: FaultRules,
  before: Snapshot | null,
  after: Snapshot,
): Promise<FaultsFound> {
  const found = await foundBetween(store, rules, before, after);
  const keys = after.candidates.map(({ candidate }) => candidate.stashKey);
  const books = await store.history.of(keys);
  let added = 0;
  for (const [stashKey, faults] of found)
    added += await addFresh(store, stashKey, books.get(stashKey)?.faults ?? [], faults);
  return { added, keys, era: after.eras.active.known ? after.eras.active.value : null };
}

type Found = Map<string, Fault[]>;

function push(found: Found, stashKey: string, faults: readonly Fault[]): void {
  found.set(stashKey, [...(found.get(stashKey) ?? []), ...faults]);
}

async function foundBetween(
  store: ProgrammeStore,
  faultRules: FaultRules,
  before: Snapshot | null,
  after: Snapshot,
): Promise<Found> {
  const found: Found = new Map();
  const was = new Map(before?.candidates.map((record) => [record.candidate.stashKey, record]));
  const keys = after.candidates.map(({ candidate }) => candidate.stashKey);
  const books = await store.history.of(keys);
  for (const record of after.candidates) {
    const { stashKey } = record.candidate;
    const earlier = was.get(stashKey);
    if (before === null || earlier === undefined) continue;
    const [from, to] = [
      { snapshot: before, record: earlier },
      { snapshot: after, record },
    ];
    push(found, stashKey, faultsBetween(from, to, faultRules, books.get(stashKey)?.faults));
  }
  for (const [stashKey, fault] of await pointFaults(store, after, faultRules)) push(found, stashKey, [fault]);
  return found;
}

/** An elected validator without points has no row of points, so the exposures provide it. */
async function pointFaults(
  store: ProgrammeStore,
  { eras: { active }, candidates, takenAtMs }: Snapshot,
  rules: FaultRules,
): Promise<readonly (readonly [string, Fault])[]> {
  if (!active.known) return [];
  const totals = (await store.points.eras()).filter(({ era }) => era >= active.value - RECENT_ERAS);
  const keys = candidates.map(({ candidate }) => candidate.stashKey);
  const rows = await store.points.ofAll(keys, Math.min(...totals.map(({ era }) => era), 2 ** 31));
  const elected = new Map(await readNote(store, 'elected'));
  return totals.flatMap(({ era, median }) => {
    const points = new Map(rows.flatMap((row) => (row.era === era ? [[row.stashKey, row.points]] : [])));
    const inEra = new Set(elected.get(era));
    return keys.flatMap((stashKey) => {
      const own = points.get(stashKey) ?? (inEra.has(stashKey) ? 0 : null);
      const fault = missedPoints({ era, endedAtMs: takenAtMs, own, median, source: 'staking' }, rules);
      return fault === null ? [] : [[stashKey, fault] as const];
    });
  });
}

/** Stores the periods that are complete since the last time, and merges old ones into the digest. */
export async function keepPeriods(
  store: ProgrammeStore,
  rules: { readonly rank: RankRules; readonly keptPeriods: number },
  { candidates, eras }: Snapshot,
): Promise<void> {
  if (!eras.read.known) return;
  const nominated = nominatedFor(await keepIncluded(store), eras.read.value);
  const books = await store.history.of(candidates.map(({ candidate }) => candidate.stashKey));
  for (const { candidate, erasWithPoints } of candidates) {
    if (!erasWithPoints.known) continue;
    const { stashKey } = candidate;
    const nominatedEras = nominated.get(stashKey) ?? [];
    const facts = { readEras: eras.read.value, erasWithPoints: erasWithPoints.value, nominatedEras };
    const { periods: stored = [], faults = [], earlier } = books.get(stashKey) ?? {};
    const known = new Set(stored.map(({ firstEra }) => firstEra));
    const merged = mergePeriods(stored, periodsOf(facts, rules.rank));
    // The chain still shows the eras of the last periods in the digest; they count once.
    const fresh = merged.filter(
      ({ firstEra }) => !known.has(firstEra) && firstEra > (earlier?.untilEra ?? -1),
    );
    if (fresh.length > 0) await store.history.putPeriods(stashKey, fresh);
    const book = {
      faults: [...faults],
      periods: [...stored, ...fresh],
      ...(earlier === undefined ? {} : { earlier }),
    };
    const cut = cutHistory(book, rules.rank, rules.keptPeriods);
    if (cut.earlier !== undefined && cut.earlier !== earlier)
      await store.history.putEarlier(stashKey, cut.earlier);
  }
}

/**
 * The eras for which each candidate was nominated: from the election that a nomination reached, until the
 * next one counts.
 */
function nominatedFor(
  landed: readonly IncludedNomination[],
  readEras: readonly number[],
): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, Set<number>>();
  for (const one of landed) {
    const counted = readEras.filter((era) => countsFor(one, era));
    for (const key of one.targets) found.set(key, new Set([...(found.get(key) ?? []), ...counted]));
  }
  return new Map([...found].map(([key, set]) => [key, [...set]]));
}
