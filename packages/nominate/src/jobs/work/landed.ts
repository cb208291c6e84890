import type { ProgrammeStore } from '../../storage/port.ts';
import type { IntentRow } from '../../transactions/index.ts';
import { type NoteOf, readNote, writeNote } from '../notes.ts';

/** More than end between two looks. */
const MOST_ENDED = 512;
/** What stood so many eras ago has had its outcome and its periods. */
const RECENT_ERAS = 16;

/** A nomination that landed. */
export type Landed = NoteOf<'landed'>[number];

/** Whether a nomination counts for an era: from the first election that it reached until the next one of its nominator. */
export function countsFor({ forEra, until }: Landed, era: number): boolean {
  return era >= forEra && (until === null || era < until);
}

/** Takes up what landed since the last time, forgets what is long over, and gives the rest. Only what a finalised block has counts. */
export async function keepLanded(store: ProgrammeStore): Promise<readonly Landed[]> {
  const before = (await readNote(store, 'landed')) ?? [];
  const seen = new Set(before.map(({ id }) => id));
  const ended = await store.intents.list({ open: false, limit: MOST_ENDED });
  const fresh: Landed[] = [];
  // The list has the newest first.
  for (const row of ended.toReversed()) {
    if (!hasLanded(row) || seen.has(row.id)) continue;
    const stored = await store.intents.load(row.id);
    if (stored === null) continue;
    const { targets, intent } = stored.state;
    const { id, nominator, round, era } = intent;
    // An older release did not keep it, and took the era after the one in which it was made.
    const forEra = intent.forEra ?? era + 1;
    fresh.push({ id, nominator, round, era, forEra, until: null, targets: [...targets] });
  }
  const kept = recent(inTurn([...before, ...fresh]));
  if (JSON.stringify(kept) !== JSON.stringify(before)) await writeNote(store, 'landed', kept);
  return kept;
}

function hasLanded({ state, reason }: IntentRow): boolean {
  return state === 'finalised' || reason === 'done-by-another';
}

/** By nominator, each until the next, which may be forgotten by now; of two for one era the one that was made later counts. */
function inTurn(all: readonly Landed[]): Landed[] {
  const byNominator = Map.groupBy(all, ({ nominator }) => nominator);
  return [...byNominator.values()].flatMap((own) => {
    const sorted = own.toSorted((a, b) => a.forEra - b.forEra);
    return sorted.map((one, at) => {
      const next = Math.min(one.until ?? Infinity, sorted[at + 1]?.forEra ?? Infinity);
      return { ...one, until: Number.isFinite(next) ? next : null };
    });
  });
}

/** Nominations of a round are kept or forgotten together, so that its outcome is never that of a part of it. */
function recent(all: readonly Landed[]): Landed[] {
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
