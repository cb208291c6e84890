import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parsedJson } from '../content.ts';
import { filePath, hex } from '../fields.ts';
import { keepRecord, keptRecord } from '../kept-record.ts';

export const version = z.string().regex(/^[\w.+-]{1,64}$/, 'must be letters, digits and . + - _');

const release = z.strictObject({
  version,
  /** Of the file at `path`. */
  sha256: hex(32),
  path: filePath,
});

/** The release that an operator wants to run. */
export type Release = z.infer<typeof release>;

/**
 * The release in a file, with its path relative to the folder of that file; null if there is no such file.
 * Throws if the file is not a release file.
 */
export async function readRelease(file: string): Promise<Release | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const read = release.safeParse(parsedJson(text));
  if (!read.success) throw new Error(`${file}: must be {"version", "sha256": "0x…", "path"}`);
  return { ...read.data, path: resolve(dirname(file), read.data.path) };
}

/** `0x…`: SHA-256 of a file; null if it cannot be read. */
export async function fileDigest(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch {
    return null;
  }
  return `0x${hash.digest('hex')}`;
}

const applied = z.strictObject({ sha256: hex(32) });

/** Beside the release file: the digest of the release that was applied last, and found healthy. */
function appliedFile(releaseFile: string): string {
  return `${releaseFile}.applied`;
}

/** Whether this digest is the one applied last. False if the record cannot be read. */
export async function isApplied(releaseFile: string, sha256: string): Promise<boolean> {
  return (await keptRecord(applied, appliedFile(releaseFile)))?.sha256 === sha256;
}

export async function noteApplied(releaseFile: string, sha256: string): Promise<void> {
  await keepRecord(appliedFile(releaseFile), { sha256 });
}
