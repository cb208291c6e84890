import type { Observation } from '../../rule/index.ts';
import {
  FIELDS,
  type Field,
  mapFields,
  NO_RECEIPTS,
  type ObservationRecord,
  type Receipts,
} from './record.ts';

/**
 * The reports of observers since the session was opened: claim protocol section 4, rule 2. Pure; the
 * observation book feeds it. A report counts only if it came after the opening: an old record in a restored
 * store is worth nothing.
 */
export interface ReportState {
  /**
   * The receipts that the store held when the session was opened, by record key; null until they were read.
   */
  readonly noted: ReadonlyMap<string, Receipts> | null;
  readonly heard: Map<string, Heard>;
  /** The highest first reports of earlier sessions of this process. */
  readonly former: ReadonlyMap<string, Observation>;
}

/** One observer since the opening. */
interface Heard {
  /** Values reported since the opening; null for a field without a report since. */
  readonly latest: Observation;
  /** The first whole unit reported since the opening, for rounds, blocks and sessions apart. */
  readonly first: Observation;
  /** When each of {@link UNITS} was first reported; one that a peer heard counts as heard long ago. */
  readonly firstMs: readonly (number | null)[];
  /** When it was heard last, by the monotonic clock. */
  readonly atMs: number;
}

/** A report bounds units for this long, so that an observer that has stopped does not freeze the ceiling. */
export const REPORT_LIFE_MS = 60_000;

/**
 * For this long after its first report, an observer may raise it: two machines with one token are one
 * observer, and the one that lags may be the first to report.
 */
export const RAISE_MS = 10_000;

/** Fields that make one unit together. */
const UNITS: readonly (readonly Field[])[] = [
  ['setId', 'round'],
  ['beefySetId', 'finalizedBlock'],
  ['session'],
];

/** The state when a session is opened after `before`, if there was one: no reports yet. */
export function openedReports(before?: ReportState): ReportState {
  const former = new Map(before?.former);
  for (const [key, { first }] of before?.heard ?? [])
    former.set(key, firstOf(former.get(key) ?? first, first, [], 0));
  return { noted: null, heard: new Map(), former };
}

/** The records of the store, read after the opening. */
export function noteReceipts(state: ReportState, found: ReadonlyMap<string, ObservationRecord>): ReportState {
  return { ...state, noted: new Map([...found].map(([key, { receipts }]) => [key, receipts])) };
}

/** The fields of a record that were reported after the opening, by a record that was read after it. */
export function saidSince(state: ReportState, key: string, record: ObservationRecord): readonly Field[] {
  if (state.noted === null) return [];
  const before = state.noted.get(key) ?? NO_RECEIPTS;
  return FIELDS.filter((field) => record.receipts[field] !== before[field]);
}

/**
 * An observer reported these fields now. `now` holds its whole observation. It changes `state.heard` in
 * place: the cost of a report must not grow with the number of observers.
 */
export function hear(
  state: ReportState,
  key: string,
  said: readonly Field[],
  now: Observation,
  atMs: number,
): ReportState {
  if (said.length === 0) return state;
  const before = state.heard.get(key);
  const latest = onlyOf(now, (field) => said.includes(field) || (before?.latest[field] ?? null) !== null);
  const firstMs = UNITS.map((unit, at) => before?.firstMs[at] ?? (isWhole(unit, latest) ? atMs : null));
  const first = firstOf(before?.first ?? onlyOf(now, () => false), latest, firstMs, atMs);
  state.heard.set(key, { latest, first, firstMs, atMs });
  return state;
}

function onlyOf(from: Observation, isKept: (field: Field) => boolean): Observation {
  return { observer: from.observer, ...mapFields((field) => (isKept(field) ? (from[field] ?? null) : null)) };
}

const isWhole = (unit: readonly Field[], of: Observation) => unit.every((field) => of[field] !== null);

/**
 * A unit counts as first reported once all its fields were reported. After {@link RAISE_MS} it never changes.
 */
function firstOf(
  first: Observation,
  latest: Observation,
  firstMs: Heard['firstMs'],
  atMs: number,
): Observation {
  let next = first;
  for (const [at, unit] of UNITS.entries()) {
    const sinceMs = atMs - (firstMs[at] ?? atMs);
    if (sinceMs > RAISE_MS || !isWhole(unit, latest) || !isHigher(unit, latest, first)) continue;
    next = { ...next, ...Object.fromEntries(unit.map((field) => [field, latest[field]])) };
  }
  return next;
}

/** By the first field that differs; a field without a value is below every value. */
function isHigher(unit: readonly Field[], one: Observation, other: Observation): boolean {
  const field = unit.find((name) => one[name] !== other[name]);
  return field !== undefined && (one[field] ?? -1n) > (other[field] ?? -1n);
}

/** Reports that bound units now: since the opening, and not older than a minute. */
export function freshReports(
  state: ReportState,
  keys: readonly string[],
  nowMs: number,
): readonly Observation[] {
  const heard = keys.map((key) => state.heard.get(key)).filter((one) => one !== undefined);
  return heard.filter(({ atMs }) => nowMs - atMs <= REPORT_LIFE_MS).map(({ latest }) => latest);
}

/** First reports since the opening, however long ago: the base is made of them. */
export function firstReports(state: ReportState, keys: readonly string[]): readonly Observation[] {
  return keys.map((key) => state.heard.get(key)?.first).filter((first) => first !== undefined);
}

/**
 * Take over the first reports of a peer with an unbroken session, and count the reports in the store as heard
 * now. A unit that the peer has not heard waits for its first report here too.
 */
export function inheritReports(
  state: ReportState,
  peer: ReadonlyMap<string, Observation>,
  stored: ReadonlyMap<string, Observation>,
  atMs: number,
): ReportState {
  const heard = new Map(state.heard);
  for (const [key, first] of peer) {
    const units = UNITS.filter((unit) => isWhole(unit, first));
    const present = stored.get(key) ?? heard.get(key)?.latest ?? first;
    const latest = onlyOf(present, (field) => units.some((unit) => unit.includes(field)));
    const firstMs = UNITS.map((unit) => (units.includes(unit) ? Number.NEGATIVE_INFINITY : null));
    heard.set(key, { first, firstMs, latest, atMs });
  }
  return { ...state, heard };
}
