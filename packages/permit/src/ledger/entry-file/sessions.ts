import type { DatabaseSync } from 'node:sqlite';
import { type Random, randomHex } from '@watchbill/base';
import { DamagedEntry } from '../faults.ts';
import type { Fork } from '../port.ts';
import { transactions } from '../transactions.ts';
import { openTables, writer } from '../writer.ts';
import type { EntryDisk } from './disk.ts';
import { createEntryLog, type EntryLog, FILE_BYTES } from './entry-log.ts';
import { readLate } from './late.ts';
import { stateWriter } from './state.ts';

/** The path of the entry file of a ledger database. */
export function entryFileOf(database: string): string {
  return `${database}-entries`;
}

/** The entry file of this process. */
export interface BegunFile {
  readonly log: EntryLog;
  /** Its id. */
  readonly file: string;
  readonly fileBytes: number;
  /** Only when the tables need it no more. */
  remove(): void;
}

/** Where the entry file is and how it is reached. */
export interface EntryPlace {
  readonly db: DatabaseSync;
  /** Path of the entry file. */
  readonly path: string;
  readonly disk: EntryDisk;
}

/**
 * Make an entry file. From its return on an earlier release refuses the database. The database must need none
 * yet.
 */
export function beginEntryFile(
  { db, path, disk }: EntryPlace,
  { random, service }: { readonly random: Random; readonly service: string },
  fileBytes: number = FILE_BYTES,
): BegunFile {
  const file = randomHex(random, 8);
  const log = createEntryLog(disk, path, { file, service }, fileBytes);
  const remove = () => disk.remove(path);
  const state = stateWriter(db);
  try {
    transactions(db)(() => {
      state.write({ file, first: 1, applied: 0 });
      state.need(true);
    });
  } catch (error) {
    log.close();
    throw error;
  }
  return { log, file, fileBytes, remove };
}

/**
 * Bring the entries that an earlier process left in its entry file into the tables, and remove the file. All
 * are durable in the database file itself on return: a process that died of a failed sync may have left pages
 * in the cache of the system that the disk does not have, and a checkpoint writes them again.
 *
 * Throws {@link DamagedEntry} if entries may be missing. Answers the forks that it met.
 */
export function endEarlierFile({ db, path, disk }: EntryPlace): readonly Fork[] {
  const late = readLate(db, disk.read(path), path);
  if (late === null) return [];
  let forks: readonly Fork[] = [];
  if (late.needed) {
    const tables = openTables(db, Number.MAX_SAFE_INTEGER);
    const state = stateWriter(db);
    const write = writer(db, tables, () => {
      state.write({ ...late.state, applied: late.last });
      state.need(false);
    });
    forks = write(late.works, []).forks;
  }
  checkpoint(db);
  disk.remove(path);
  return forks;
}

/** Copy everything into the database file, and sync it. */
export function checkpoint(db: DatabaseSync): void {
  const result = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  if (Number(result?.busy) !== 0) throw new DamagedEntry('another connection reads it');
}
