import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { until } from '@watchbill/kit';
import { makeFoldersSync, replaceFile } from '@watchbill/kit/files';
import type { z } from 'zod';
import { bytesOfRecord, parsedJson } from './content.ts';

/** SQLite's code for a file that another connection has locked. */
const SQLITE_BUSY = 5;
const TRIES = 500;
const PAUSE_MS = 10;

/**
 * Runs one change after another of the records in a folder, also those of another process that shares it
 * during a change of members. Each change reads, computes and replaces in its turn, so none is lost. The
 * kernel holds the lock and releases it when the process ends. Rejects if another change takes too long.
 */
export async function inTurn<Value>(folder: string, change: () => Promise<Value>): Promise<Value> {
  makeFoldersSync(folder, 0o777);
  const lock = new DatabaseSync(join(folder, 'records.lock'), { timeout: 0 });
  try {
    if ((await until(() => isTaken(lock) || null, { pauseMs: PAUSE_MS, most: TRIES })) === null)
      throw new Error(
        `another process holds ${folder}/records.lock for too long; see which one, and stop it`,
      );
    return await change();
  } finally {
    lock.close();
  }
}

function isTaken(lock: DatabaseSync): boolean {
  try {
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return false;
    throw error;
  }
}

/** The record in a file; null if the file is missing or unreadable. */
export async function keptRecord<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
): Promise<z.infer<Schema> | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const read = schema.safeParse(parsedJson(text));
  return read.success ? read.data : null;
}

/**
 * The same for a record whose loss would cost money: null only if there is no file. An unreadable file throws
 * an Error that names it.
 */
export async function knownRecord<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
): Promise<z.infer<Schema> | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const read = schema.safeParse(parsedJson(text));
  if (read.success) return read.data;
  throw new Error(`${file} cannot be read; restore it, or remove it when no call of its time can still land`);
}

/** Resolves when the record is on the disk, whole, in place of the one before. */
export async function keepRecord(file: string, record: unknown): Promise<void> {
  makeFoldersSync(dirname(file), 0o777);
  await replaceFile({ path: file, text: bytesOfRecord(record), mode: 0o600 });
}
