import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Secret } from '@watchbill/chain/keys';
import { systemFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { reserveSecret } from '@watchbill/kit/command/secret-file';

const PREFIXES = { polkadot: 0, kusama: 2, generic: 42 } as const;

/** A public key as accounts of networks are written. */
export async function addressesOf(account: string): Promise<Readonly<Record<keyof typeof PREFIXES, string>>> {
  const { writeAddress } = await import('@watchbill/chain/address');
  const of = (prefix: number): string => writeAddress({ prefix, publicKey: account });
  return { polkadot: of(PREFIXES.polkadot), kusama: of(PREFIXES.kusama), generic: of(PREFIXES.generic) };
}

/** The account of a key file, as lines for people. */
export async function accountLines({ scheme, account }: Pick<Secret, 'scheme' | 'account'>) {
  const { polkadot, kusama, generic } = await addressesOf(account);
  return [
    `  scheme    ${scheme}`,
    `  account   ${account}`,
    `  polkadot  ${polkadot}`,
    `  kusama    ${kusama}`,
    `  generic   ${generic}`,
  ];
}

/** Seals a secret into a new file (mode 0600), overwrites the secret in memory, and prints the account. */
export async function writeKeyFile(
  io: Io,
  { out, json }: { readonly out: string; readonly json?: boolean | undefined },
  secret: Secret,
  passphrase: string,
  words: string | null = null,
): Promise<void> {
  const { sealKeyFile } = await import('@watchbill/chain/keys');
  const { scheme, account } = secret;
  const file = reserveSecret(resolve(io.cwd, out));
  try {
    file.write(sealKeyFile(secret, passphrase));
  } finally {
    secret.secret.fill(0);
  }
  const addresses = await addressesOf(account);
  const head = await accountLines({ scheme, account });
  print(io, json, { file: file.path, scheme, account, addresses, words }, () =>
    lines([
      `wrote ${file.path}`,
      ...head,
      ...(words === null ? [] : [`  words     ${words}`]),
      '',
      'in nominate.yaml, with the name of the nominator:',
      '  signers:',
      '    NAME:',
      `      keyFile: ${out}`,
      '      passphraseFile: FILE',
    ]),
  );
}

/** The text of a file that a flag or an argument names. */
export function textOfFile(io: Io, path: string): string {
  const file = resolve(io.cwd, path);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw systemFault(error, file) ?? error;
  }
}
