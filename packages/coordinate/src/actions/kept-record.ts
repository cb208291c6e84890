import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { bytesOfRecord, parsedJson } from './content.ts';

/** The record in a file; null where there is none, or none that can be read. */
export async function keptRecord<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
): Promise<z.infer<Schema> | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const read = schema.safeParse(parsedJson(text));
  return read.success ? read.data : null;
}

/** Resolves when the record is on the disk, whole, in place of the one before. */
export async function keepRecord(file: string, record: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.new`;
  const handle = await open(unfinished, 'w', 0o600);
  try {
    await handle.writeFile(bytesOfRecord(record));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
