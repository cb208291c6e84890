import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { createFileSync } from '@watchbill/kit/files';
import { newIdentity } from '../../custody/age.ts';
import type { KeyName } from '../../custody/key-name.ts';
import { moveToSealed, writeUnsealed } from '../../custody/move-keys.ts';
import { sealKeystore } from '../../custody/sealed-folder.ts';
import type { Flags } from './flags.ts';
import { identityOf } from './inputs.ts';

type SealFlags = Flags<
  'keystore' | 'sealed',
  'recipient' | 'remove' | 'identity' | 'passphraseFile' | 'json'
>;

/** Writes a new identity, in the format of `age-keygen`. It never replaces a file. */
export async function createIdentity(io: Io, { out, json }: Flags<'out', 'json'>): Promise<void> {
  const path = resolve(io.cwd, out);
  if (existsSync(path)) {
    const remedy = 'keep it, or name another file: keys sealed for it need it';
    throw usageFault(`${path} exists already`, remedy, 'flag --out');
  }
  const { identity, recipient } = await newIdentity();
  createFileSync({ path, text: `# public key: ${recipient}\n${identity}\n`, mode: 0o600 });
  print(io, json, { file: path, recipient }, () =>
    lines([
      `identity    ${path}`,
      `recipient   ${recipient}`,
      'Keep a copy of the identity apart from this machine: without it, the sealed keys cannot be opened.',
    ]),
  );
}

/** Seals a keystore. With `--remove` it removes the files once the identity opens each sealed key. */
export async function seal(io: Io, options: SealFlags): Promise<void> {
  const [from, to] = [resolve(io.cwd, options.keystore), resolve(io.cwd, options.sealed)];
  const names = options.remove
    ? await moveToSealed(from, to, await identityForRemoval(io, options))
    : await sealKeystore(from, to, recipientFlag(options));
  const json = { sealed: to, removed: options.remove === true, keys: keysOf(names, '.age') };
  print(io, options.json, json, () =>
    lines([
      ...names.map(({ kind, publicKey }) => `${kind}   ${publicKey}`),
      options.remove
        ? `Sealed in ${to}, and removed from ${from}. A node finds no key in that folder any more.`
        : `Sealed in ${to}. Before the guard runs the node, remove the files with --remove and --identity, which first open each sealed key: a key that stays in ${from} can sign without the guard.`,
    ]),
  );
}

/** The way back from sealed keys to the files of a stock node. */
export async function unseal(
  io: Io,
  options: Flags<'keystore' | 'sealed' | 'identity', 'passphraseFile' | 'json'>,
): Promise<void> {
  const [from, to] = [resolve(io.cwd, options.sealed), resolve(io.cwd, options.keystore)];
  const names = await writeUnsealed(from, to, await identityOf(io, options));
  print(io, options.json, { keystore: to, keys: keysOf(names, '') }, () =>
    lines([
      ...names.map(({ kind, publicKey }) => `${kind}   ${publicKey}`),
      `Unsealed in ${to}. Every node that is started on this folder signs with these keys: make sure that no other machine has them.`,
    ]),
  );
}

function keysOf(names: readonly KeyName[], suffix: string): unknown {
  return names.map(({ kind, publicKey, file }) => ({ kind, publicKey, file: `${file}${suffix}` }));
}

function recipientFlag({ recipient }: SealFlags): string {
  if (recipient !== undefined) return recipient;
  throw usageFault(
    'no recipient is named',
    'give --recipient, or --remove with --identity; `watchbill guard identity` makes an identity and prints its recipient',
    'flag --recipient',
  );
}

async function identityForRemoval(io: Io, { identity, ...options }: SealFlags): Promise<string> {
  if (identity !== undefined) return await identityOf(io, { ...options, identity });
  throw usageFault(
    '--remove needs the identity',
    'give --identity: the files are removed only after it opened each sealed key',
    'flag --identity',
  );
}
