import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { readBytes } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';

export interface ValueLimits {
  /** Bytes. */
  readonly longest: number;
  /** False for certificates: every user may read their file. */
  readonly isSecret: boolean;
}

/** The bytes of a file, or of standard input; never of the command line. */
export async function valueBytes(io: Io, from: string | undefined, limits: ValueLimits): Promise<Uint8Array> {
  return from === undefined ? fromInput(limits.longest) : fromFile(io, from, limits);
}

function fromFile(io: Io, name: string, { longest, isSecret }: ValueLimits): Uint8Array {
  const path = resolve(io.cwd, name);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile())
    throw usageFault(`there is no file ${name}`, 'name the file that has the value', 'flag --from');
  if (found.size > longest) throw tooLong(longest, name);
  if (isSecret && (found.mode & 0o077) !== 0)
    io.err(`note: other users of this machine may read ${name}: chmod 600, or remove it once it is put\n`);
  return readBytes(path, { named: name, where: 'flag --from' });
}

async function fromInput(longest: number): Promise<Uint8Array> {
  if (process.stdin.isTTY === true)
    throw usageFault(
      'a value that is typed would stay on the screen',
      'name a file with --from FILE, or send it through a pipe',
      'standard input',
    );
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of process.stdin) {
    const bytes = Buffer.from(part as Uint8Array);
    length += bytes.length;
    if (length > longest) throw tooLong(longest, 'standard input');
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function tooLong(longest: number, where: string) {
  return usageFault(`the value has more than ${longest} bytes`, 'send the value alone', where);
}
