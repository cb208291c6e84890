import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { DamagedEntry } from '../faults.ts';
import { ENTRY_FILE_VERSION, SCHEMA_VERSION } from '../schema.ts';
import type { Expected } from './scan.ts';

const NAME = 'entries';
const shape = z.strictObject({
  file: z.string().regex(/^[0-9a-f]{16}$/),
  first: z.int().min(1),
  applied: z.int().min(0),
});

/** The row of the tables about the entry file; null if there never was one. Throws {@link DamagedEntry}. */
export function readState(db: DatabaseSync): Expected | null {
  const value = db.prepare('SELECT value FROM identity WHERE name = ?').get(NAME)?.value;
  if (value === undefined) return null;
  try {
    return shape.parse(JSON.parse(String(value)));
  } catch {
    throw new DamagedEntry('its row about the entry file is not readable');
  }
}

/** True while the file may hold entries that the tables lack. */
export function needsFile(db: DatabaseSync): boolean {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version) === ENTRY_FILE_VERSION;
}

/** Writes of the row; to be used inside a transaction. */
export interface StateWriter {
  write(state: Expected): void;
  /** With `true` the version that an earlier release refuses. */
  need(file: boolean): void;
}

export function stateWriter(db: DatabaseSync): StateWriter {
  const set = db.prepare(
    'INSERT INTO identity (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  return {
    write: ({ file, first, applied }) => void set.run(NAME, JSON.stringify({ file, first, applied })),
    need: (file) => db.exec(`PRAGMA user_version = ${file ? ENTRY_FILE_VERSION : SCHEMA_VERSION}`),
  };
}
