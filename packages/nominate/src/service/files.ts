import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PackageFault } from '@watchbill/kit';
import type { Fetch } from '../notify/index.ts';
import type { FetchPage } from '../releases/pages.ts';

/** A part of the configuration cannot be used. The text contains no secret. */
export class ServiceFault extends PackageFault {
  override readonly name = 'ServiceFault';
  constructor(message: string, remedy: string, code = 'start') {
    super(code, message, remedy);
  }
}

const OTHERS = 0o077;
const MOST_SECRET_BYTES = 4_096;

/** The first line of a file that only its owner may read. Throws a {@link ServiceFault}. */
export function readSecret(dir: string, file: string): string {
  const path = resolve(dir, file);
  let fd: number | null = null;
  try {
    fd = openSync(path, 'r');
    const { mode, size } = fstatSync(fd);
    if ((mode & OTHERS) !== 0) throw new ServiceFault(`${path} can be read by others`, `chmod 600 ${path}`);
    if (size > MOST_SECRET_BYTES)
      throw new ServiceFault(`${path} is too long for a secret`, 'name the right file');
    const [line = ''] = readFileSync(fd, 'utf8').split(/\r?\n/);
    if (line === '') throw new ServiceFault(`the first line of ${path} is empty`, 'write the secret there');
    return line;
  } catch (error) {
    if (error instanceof ServiceFault) throw error;
    throw new ServiceFault(`${path} cannot be read`, 'check that it exists and belongs to this user');
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
      'check that it exists, and its name in the configuration',
    );
  }
}

const MOST_BYTES = 64 * 2 ** 20;
const TIMEOUT_MS = 30_000;

const NOT_MODIFIED = 304;

/** The text at an address; bounded in time and size. Rejects for a redirect to http:// if not `allowHttp`. */
export function textFetcher(fetch: Fetch) {
  const fetchPage = pageFetcher(fetch);
  return async (url: string, signal: AbortSignal, allowHttp = true): Promise<string> => {
    const page = await fetchPage(url, signal, { mostBytes: MOST_BYTES, redirects: true });
    if (!allowHttp && !page.url.startsWith('https://'))
      throw new Error(`${new URL(url).host} redirects to an address without https`);
    return page.text;
  };
}

/** The same, with the headers about the other pages of a list. */
export function pageFetcher(fetch: Fetch): FetchPage {
  return async (url, signal, { mostBytes, redirects, etag = null }) => {
    const { host } = new URL(url);
    const answer = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: { 'user-agent': 'watchbill', ...(etag === null ? {} : { 'if-none-match': etag }) },
      redirect: redirects ? 'follow' : 'manual',
    });
    const isUnchanged = etag !== null && answer.status === NOT_MODIFIED;
    if (!isUnchanged && (!answer.ok || answer.body === null))
      throw new Error(`${host} answered ${answer.status}`);
    const body = isUnchanged ? Buffer.alloc(0) : await bodyOf(answer.body, host, mostBytes);
    return {
      text: body.toString('utf8'),
      size: body.length,
      // A response that did not come from the network has no address.
      url: answer.url === '' ? url : answer.url,
      link: answer.headers.get('link'),
      etag: answer.headers.get('etag'),
      isUnchanged,
    };
  };
}

async function bodyOf(body: Response['body'], host: string, mostBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > mostBytes) throw new Error(`${host} sends more than ${mostBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
