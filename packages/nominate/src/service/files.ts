import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Fetch } from '../notify/index.ts';

/** Something that a programme was configured with cannot be used. The text holds no secret. */
export class ServiceFault extends Error {
  readonly remedy: string;
  /** A name for programs, where the fault has one. */
  readonly code: string | undefined;
  constructor(message: string, remedy: string, code?: string) {
    super(message);
    this.code = code;
    this.name = 'ServiceFault';
    this.remedy = remedy;
  }
}

const OTHERS = 0o077;
const MOST_SECRET_BYTES = 4_096;

/** The first line of a file that nobody else may read. Throws a {@link ServiceFault}. */
export function readSecret(dir: string, file: string): string {
  const path = resolve(dir, file);
  let fd: number | null = null;
  try {
    fd = openSync(path, 'r');
    const { mode, size } = fstatSync(fd);
    if ((mode & OTHERS) !== 0) throw new ServiceFault(`${path} can be read by others`, `chmod 600 ${path}`);
    if (size > MOST_SECRET_BYTES)
      throw new ServiceFault(`${path} is no secret: it is too long`, 'name the right file');
    const [line = ''] = readFileSync(fd, 'utf8').split(/\r?\n/);
    if (line === '') throw new ServiceFault(`the first line of ${path} is empty`, 'write the secret there');
    return line;
  } catch (error) {
    if (error instanceof ServiceFault) throw error;
    throw new ServiceFault(`${path} cannot be read`, 'see that it is there and belongs to this user');
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/** The text of a file. Throws a {@link ServiceFault}. */
export async function readText(dir: string, file: string): Promise<string> {
  const path = resolve(dir, file);
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new ServiceFault(
      `${path} cannot be read`,
      'see that it is there, and its name in the configuration',
    );
  }
}

const MOST_BYTES = 64 * 2 ** 20;
const TIMEOUT_MS = 30_000;

/** The text behind an address; bounded in time and size. */
export function textFetcher(fetch: Fetch) {
  return async (url: string, signal: AbortSignal): Promise<string> => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const { host } = new URL(url);
    const answer = await fetch(url, { signal: limited, headers: { 'user-agent': 'watchbill' } });
    if (!answer.ok || answer.body === null) throw new Error(`${host} answered ${answer.status}`);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of answer.body as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size > MOST_BYTES) throw new Error(`${host} sends more than ${MOST_BYTES} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  };
}
