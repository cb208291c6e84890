import { isDeepStrictEqual } from 'node:util';
import type { ProgrammeStore } from '../../storage/port.ts';
import type { IntentRow } from '../../transactions/index.ts';
import { type NoteOf, readNote, writeNote } from '../notes.ts';

/** More than end between two runs. */
const MOST_ENDED = 512;
/** Older nominations already have their outcomes and periods. */
const RECENT_ERAS = 16;

/** A nomination in a finalised block. */
export type IncludedNomination = NoteOf<'landed'>[number];

/**
 * Whether a nomination counts for an era: from the first election that it reached until the next one of its
 * nominator.
 */
export function countsFor({ forEra, until }: IncludedNomination, era: number): boolean {
  return era >= forEra && (until === null || era < until);
}

/** Adds nominations that were finalised since the last run, drops old ones, and returns the rest. */
export async function keepIncluded(store: ProgrammeStore): Promise<readonly IncludedNomination[]> {
  const before = (await readNote(store, 'landed')) ?? [];
  const seen = new Set(before.map(({ id }) => id));
  const ended = await store.intents.list({ open: false, limit: MOST_ENDED });
  const fresh: IncludedNomination[] = [];
  // The list has the newest first.
  for (const row of ended.toReversed()) {
    if (!isIncluded(row) || seen.has(row.id)) continue;
    const stored = await store.intents.load(row.id);
    if (stored === null) continue;
    const { targets, intent } = stored.state;
    const { id, nominator, round, era, forEra } = intent;
    const height = stored.state.seen;
    // A chill ends the nomination before it, and backs none.
    const backed = intent.call === 'chill' ? [] : [...targets];
    fresh.push({ id, nominator, round, era, forEra, height, until: null, targets: backed });
  }
  const calendar = await readNote(store, 'calendar');
  const all = [...before, ...fresh].map((one) => ({ ...one, forEra: firstEraOf(one, calendar) }));
  const kept = recent(inTurn(all));
  if (!isDeepStrictEqual(kept, before)) await writeNote(store, 'landed', kept);
  return kept;
}

/**
 * The promised era is the earliest that is certain before sending; with a proxy delay, the nomination often
 * counts one era earlier. An election reads the nomination if it reads its voters from a state that contains
 * it.
 */
function firstEraOf({ forEra, height }: IncludedNomination, calendar: NoteOf<'calendar'> | null): number {
  const next = calendar?.upcoming[0];
  if (next === undefined || calendar === null || calendar.stakingHeight === null) return forEra;
  return calendar.stakingHeight < height ? forEra : Math.min(forEra, next.era);
}

function isIncluded({ state, reason }: IntentRow): boolean {
  return state === 'finalised' || reason === 'done-by-another';
}

/**
 * By nominator, in the order of inclusion. Each counts until a later one counts, even if that one has been
 * dropped since.
 */
function inTurn(all: readonly IncludedNomination[]): IncludedNomination[] {
  const byNominator = Map.groupBy(all, ({ nominator }) => nominator);
  return [...byNominator.values()].flatMap((own) => {
    const sorted = own.toSorted((a, b) => (a.height < b.height ? -1 : Number(a.height > b.height)));
    return sorted.map((one, at) => {
      const later = sorted.slice(at + 1).map(({ forEra }) => forEra);
      const next = Math.min(one.until ?? Infinity, ...later);
      return { ...one, until: Number.isFinite(next) ? next : null };
    });
  });
}

/** Nominations of a round are kept or dropped together, so that its outcome is always complete. */
function recent(all: readonly IncludedNomination[]): IncludedNomination[] {
  const newest = Math.max(...all.map(({ forEra }) => forEra));
  const rounds = new Set(
    all
      .filter(({ until }) => until === null || until > newest - RECENT_ERAS)
      .map(({ round }) => nameOf(round)),
  );
  return all.filter(({ round }) => rounds.has(nameOf(round)));
}

function nameOf(round: string): string {
  return round.split(' by hand ')[0] ?? round;
}
