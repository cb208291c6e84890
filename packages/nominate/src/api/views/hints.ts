import type { z } from 'zod';
import { readNote } from '../../jobs/notes.ts';
import type { Reader } from '../reading/reader.ts';
import type { hintList } from '../shapes/candidate.ts';

/** Nodes that a person should check, from the last telemetry report. */
export async function hintsOf({ ask }: Pick<Reader, 'ask'>): Promise<z.output<typeof hintList>['rows']> {
  const flags = await ask((store) => readNote(store, 'telemetry flags'));
  return (flags ?? []).map(({ key, ...flag }) => ({ stashKey: key, ...flag }));
}
