import { resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { whole } from '@watchbill/kit/command/numbers';
import { type Command, Option } from 'commander';
import type { PassphraseSource } from '../keys/index.ts';

export interface PassphraseFlags {
  readonly passphraseFile?: string;
  readonly passphraseFd?: number;
}

/** Adds the two flags for a secret with this name. Without them the command asks at the terminal. */
export function addSecretFlags(command: Command, name: string, what: string): Command {
  return command
    .addOption(
      new Option(`--${name}-file <file>`, `file whose first line is ${what}; chmod 600`).conflicts(
        `${name}Fd`,
      ),
    )
    .option(
      `--${name}-fd <n>`,
      `open descriptor whose first line is ${what}`,
      whole(`--${name}-fd`, 'descriptors', 0, 1_023),
    );
}

/** The secret from its file, its descriptor or a person at the terminal. `again`: a person types it twice. */
export async function secretFrom(
  io: Io,
  source: { readonly file?: string | undefined; readonly fd?: number | undefined },
  what: { readonly name: string; readonly flag: string; readonly shortest: number; readonly again: boolean },
): Promise<string> {
  const from = sourceOf(io, source);
  if (from !== null) {
    const { readPassphrase } = await import('../keys/index.ts');
    return readPassphrase(from, what.shortest);
  }
  if (io.askHidden === null)
    throw usageFault(
      `${what.name} is missing, and standard input is not a terminal`,
      `name a file with --${what.flag}-file, or a descriptor with --${what.flag}-fd`,
    );
  const given = await io.askHidden(`${what.name}: `);
  if (given.length < what.shortest)
    throw usageFault(`${what.name} has fewer than ${what.shortest} characters`, 'choose a longer one');
  if (what.again && (await io.askHidden(`${what.name}, again: `)) !== given)
    throw usageFault('the two answers differ', 'run the command again');
  return given;
}

function sourceOf(
  io: Io,
  { file, fd }: { readonly file?: string | undefined; readonly fd?: number | undefined },
): PassphraseSource | null {
  if (file !== undefined) return { file: resolve(io.cwd, file) };
  return fd === undefined ? null : { fd };
}

/** The passphrase of a key file. */
export async function passphraseFrom(io: Io, flags: PassphraseFlags, again: boolean): Promise<string> {
  const { SHORTEST_PASSPHRASE } = await import('../keys/index.ts');
  return secretFrom(
    io,
    { file: flags.passphraseFile, fd: flags.passphraseFd },
    { name: 'passphrase of the key file', flag: 'passphrase', shortest: SHORTEST_PASSPHRASE, again },
  );
}
