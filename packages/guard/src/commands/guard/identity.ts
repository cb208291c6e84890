import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Io } from '@watchbill/kit/command/io';
import { readIdentity } from '../../custody/age.ts';
import type { Flags } from './flags.ts';

/** The age identity in a file, which a passphrase may encrypt. */
export async function identityOf(
  { cwd }: Pick<Io, 'cwd'>,
  { identity, passphraseFile }: Flags<'identity', 'passphraseFile'>,
): Promise<string> {
  const passphrase =
    passphraseFile === undefined
      ? undefined
      : (await readFile(resolve(cwd, passphraseFile), 'utf8')).replace(/\r?\n$/, '');
  return readIdentity(await readFile(resolve(cwd, identity)), identity, passphrase);
}
