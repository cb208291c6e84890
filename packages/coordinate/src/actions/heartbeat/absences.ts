import { z } from 'zod';
import { keepRecord, keptRecord } from '../kept-record.ts';

/** How many drills in a row each seat was absent from, up to a window. */
export interface Absences {
  readonly group: string;
  readonly window: bigint;
  readonly inRow: readonly number[];
}

/** Storage of absences. */
export interface AbsenceStore {
  load(): Promise<Absences | null>;
  store(absences: Absences): Promise<void>;
}

/** The same number as the failed heartbeats after which RFC 12 files a claim. */
export const ABSENT_DRILLS = 3;

/**
 * The count after a drill. The same drill again, after a restart, has no effect; another group begins anew.
 */
export function afterDrill(
  before: Absences | null,
  drill: {
    readonly group: string;
    readonly window: bigint;
    readonly present: ReadonlySet<number>;
    readonly seats: number;
  },
): Absences {
  const { group, window, present, seats } = drill;
  const known = before !== null && before.group === group && before.inRow.length === seats ? before : null;
  if (known !== null && known.window >= window) return known;
  const inRow = Array.from({ length: seats }, (_, seat) =>
    present.has(seat) ? 0 : (known?.inRow[seat] ?? 0) + 1,
  );
  return { group, window, inRow };
}

/** Kept in memory, until the process ends. */
export function absencesInMemory(): AbsenceStore {
  let kept: Absences | null = null;
  return {
    load: async () => kept,
    store: async (absences) => {
      kept = absences;
    },
  };
}

const record = z.strictObject({
  group: z.string(),
  window: z.string().regex(/^\d{1,20}$/),
  inRow: z.array(z.int().min(0)),
});

/** Kept in a file. An unreadable file counts as empty, because no decision rests on these notes. */
export function absencesInFile(file: string): AbsenceStore {
  return {
    load: async () => {
      const kept = await keptRecord(record, file);
      return kept === null ? null : { ...kept, window: BigInt(kept.window) };
    },
    store: (absences) => keepRecord(file, { ...absences, window: absences.window.toString() }),
  };
}
