import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { causeText } from '@watchbill/kit';
import { KeyFault } from './key-fault.ts';

/** The source of a passphrase. Never the command line, which every user of a machine can read. */
export type PassphraseSource = { readonly file: string } | { readonly fd: number };

const MOST_BYTES = 4_096;
/** The fewest characters of a passphrase. */
export const SHORTEST_PASSPHRASE = 8;
/** Read, write and execute of group and others. */
const OTHERS = 0o077;

/**
 * The first line of the file, at least `shortest` characters. Throws a KeyFault that does not contain
 * it.
 */
export function readPassphrase(source: PassphraseSource, shortest = SHORTEST_PASSPHRASE): string {
  const name = 'file' in source ? source.file : `descriptor ${source.fd}`;
  const [line = ''] = textIn(source, name).split('\n');
  const passphrase = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (passphrase.length >= shortest) return passphrase;
  throw new KeyFault(
    `the first line of ${name} has fewer than ${shortest} characters`,
    'put the passphrase in the first line',
  );
}

function textIn(source: PassphraseSource, name: string): string {
  let opened: number | null = null;
  try {
    const fd = 'file' in source ? openSync(source.file, 'r') : source.fd;
    if ('file' in source) opened = fd;
    if ('file' in source) refuseOpenFile(fd, name);
    return readAll(fd);
  } catch (error) {
    if (error instanceof KeyFault) throw error;
    const remedy = 'name a file that this user can read, or an open descriptor';
    throw new KeyFault(`${name} cannot be read: ${causeText(error)}`, remedy, error);
  } finally {
    if (opened !== null) closeSync(opened);
  }
}

function refuseOpenFile(fd: number, name: string): void {
  if ((fstatSync(fd).mode & OTHERS) === 0) return;
  throw new KeyFault(`${name} can be read by others`, `chmod 600 ${name}`);
}

function readAll(fd: number): string {
  const buffer = Buffer.alloc(MOST_BYTES);
  let length = 0;
  for (;;) {
    const read = readSync(fd, buffer, length, MOST_BYTES - length, null);
    length += read;
    if (read === 0 || length === MOST_BYTES) return buffer.toString('utf8', 0, length);
  }
}
