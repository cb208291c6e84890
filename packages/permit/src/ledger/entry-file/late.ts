import type { DatabaseSync } from 'node:sqlite';
import { DamagedEntry } from '../faults.ts';
import { AT_OPEN } from '../schema.ts';
import type { Work } from '../writer.ts';
import { anyFrames, decodeBlock } from './frames.ts';
import { workOfContent } from './records.ts';
import { type Expected, wholeFrames } from './scan.ts';
import { needsFile, readState } from './state.ts';

/** The rows of an entry file that are not in the tables. */
export type Late =
  | {
      readonly needed: true;
      readonly state: Expected;
      /** Number of the last whole frame. */
      readonly last: number;
      /** The rows of the frames that are not in the tables, in their order. */
      readonly works: readonly Work[];
    }
  /** All that it holds is in the tables. */
  | { readonly needed: false };

/**
 * Reads an entry file beside its database. Null if there is none, as it should be.
 *
 * Throws {@link DamagedEntry} if entries may be missing: the two are not of one moment, the file is missing,
 * of another ledger, or damaged.
 *
 * @param bytes the file; null if there is none
 * @param path its path, for people
 */
export function readLate(db: DatabaseSync, bytes: Buffer | null, path: string): Late | null {
  const state = readState(db);
  if (needsFile(db)) return neededLate(db, state, bytes, path);
  if (bytes === null) return null;
  for (const { file, number } of anyFrames(bytes))
    if (file !== state?.file || number > state.applied)
      throw new DamagedEntry(`${path} holds entries that it does not know`);
  return { needed: false };
}

function neededLate(db: DatabaseSync, state: Expected | null, bytes: Buffer | null, path: string): Late {
  if (bytes === null) throw new DamagedEntry(`its newest entries are missing, with the file ${path}`);
  const name = decodeBlock(bytes);
  if (state === null || name?.file !== state.file || name.service !== serviceOf(db))
    throw new DamagedEntry(`${path} is not the file of its newest entries`);
  const frames = wholeFrames(bytes, state);
  const works = frames
    .filter(({ number }) => number > state.applied)
    .map(({ content }) => workOfContent(content));
  return { needed: true, state, last: state.first + frames.length - 1, works };
}

function serviceOf(db: DatabaseSync): string {
  const rows = db.prepare(AT_OPEN.identity).all();
  return String(rows.find(({ name }) => name === 'service')?.value);
}
