import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFoldersSync, replaceFile } from '@watchbill/base/files';
import type { z } from 'zod';
import { bytesOfRecord, parsedJson } from './content.ts';

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
