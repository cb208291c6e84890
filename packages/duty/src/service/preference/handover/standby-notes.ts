import { z } from 'zod';
import type { Log, StandbyFile } from '../../ports.ts';
import { type Upkeep, upkeepView } from '../../shapes/admin.ts';
import { type LastDrill, type LastHandover, lastDrill, lastHandover } from '../../shapes/watch.ts';

/** The last drill and handover of each standby, by name, and the last upkeep. They survive a restart. */
export type DrillNotes = ReturnType<typeof loadNotes>;

interface Note {
  readonly drill?: LastDrill | undefined;
  readonly handover?: LastHandover | undefined;
}

/** Beyond this many names the oldest are dropped: a node that left every policy no longer matters. */
const MAX_NOTES = 1_024;

const notesShape = z.object({
  v: z.literal(1),
  standbys: z.record(
    z.string(),
    z.object({ drill: lastDrill.optional(), handover: lastHandover.optional() }),
  ),
  upkeep: upkeepView.optional(),
});
const NO_UPKEEP: Upkeep = { lastExport: null, lastVerification: null };

/**
 * If the file cannot be read, that is logged and a new file begins: safety does not rest on it. `file` is
 * null in tests.
 */
export function loadNotes(file: StandbyFile | null, log: Log) {
  const found = read(file, log);
  const notes = new Map<string, Note>(Object.entries(found.standbys));
  let done: Upkeep = found.upkeep ?? NO_UPKEEP;
  const save = async (): Promise<void> => {
    const text = JSON.stringify({ v: 1, standbys: Object.fromEntries(notes), upkeep: done });
    await file?.save(text).catch((error: unknown) => {
      const fields = { event: 'standbys-unsaved', error: String(error) };
      const lasts = 'a drill or export was not written to the data folder; it counts until the next start';
      log.warn(fields, lasts);
    });
  };
  return {
    of: (name: string): Note => notes.get(name) ?? {},
    /** Settles once it is on disk. A disk that refuses is logged: the note then lasts until the restart. */
    async put(name: string, note: Note): Promise<void> {
      const next = { ...notes.get(name), ...note };
      notes.delete(name);
      notes.set(name, next);
      const surplus = Math.max(0, notes.size - MAX_NOTES);
      for (const oldest of [...notes.keys()].slice(0, surplus)) notes.delete(oldest);
      await save();
    },
    upkeep: (): Upkeep => done,
    /** Settles as {@link DrillNotes.put}. */
    async putUpkeep(next: Partial<Upkeep>): Promise<void> {
      done = { ...done, ...next };
      await save();
    },
  };
}

function read(file: StandbyFile | null, log: Log): Omit<z.output<typeof notesShape>, 'v'> {
  try {
    const text = file?.load() ?? null;
    return text === null ? { standbys: {} } : notesShape.parse(JSON.parse(text));
  } catch (error) {
    const fields = { event: 'standbys-unread', error: String(error) };
    log.warn(fields, 'the drills of the last start cannot be read, so no drill or export counts as made');
    return { standbys: {} };
  }
}
