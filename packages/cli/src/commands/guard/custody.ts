import { resolve } from 'node:path';
import { createFileSync } from '@watchbill/base/files';
import { newIdentity, sealKeystore } from '@watchbill/guard';
import { lines, print } from '../../output/print.ts';
import { usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';

export interface IdentityOptions {
  readonly out: string;
  readonly json?: boolean;
}

export interface SealOptions {
  readonly keystore: string;
  readonly sealed: string;
  readonly recipient: string;
  readonly json?: boolean;
}

/** Writes a new identity, in the format of `age-keygen`. It never replaces a file. */
export async function createIdentity(io: Io, { out, json }: IdentityOptions): Promise<void> {
  const path = resolve(io.cwd, out);
  const { identity, recipient } = await newIdentity();
  try {
    createFileSync({ path, text: `# public key: ${recipient}\n${identity}\n`, mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw usageFault(
      `${path} exists already`,
      'keep it, or name another file: keys sealed for it need it',
      'flag --out',
    );
  }
  print(io, json, { file: path, recipient }, () =>
    lines([
      `identity    ${path}`,
      `recipient   ${recipient}`,
      'Keep a copy of the identity apart from this machine: without it, the sealed keys cannot be opened.',
    ]),
  );
}

/** Seals a keystore. */
export async function seal(io: Io, { keystore, sealed, recipient, json }: SealOptions): Promise<void> {
  const [from, to] = [resolve(io.cwd, keystore), resolve(io.cwd, sealed)];
  const names = await sealKeystore(from, to, recipient);
  const keys = names.map(({ kind, publicKey, file }) => ({ kind, publicKey, file: `${file}.age` }));
  print(io, json, { sealed: to, keys }, () =>
    lines([
      ...keys.map(({ kind, publicKey }) => `${kind}   ${publicKey}`),
      `Sealed in ${to}. Before the guard runs the node, remove ${from}: a key that stays there can sign without the guard.`,
    ]),
  );
}
