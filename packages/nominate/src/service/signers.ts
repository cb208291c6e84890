import { resolve } from 'node:path';
import { readAddress } from '@watchbill/chain/address';
import { makeKey } from '../chain/index.ts';
import type { Programme } from '../rounds/programme.ts';
import { publicKey } from '../snapshot/shapes.ts';
import {
  externalSigner,
  keyFileSigner,
  offlineSigner,
  type TransactionSigner,
} from '../transactions/index.ts';
import type { ServiceConfig, SignerConfig } from './config.ts';
import { ServiceFault } from './files.ts';

/**
 * Refuses signers under names that no nominator has, and, if the service sends, nominators without a signer.
 * Either mistake would cost the nomination of an era. Throws a {@link ServiceFault} that lists every one.
 */
export function checkSigners({ signers, send }: ServiceConfig, { nominators }: Programme): void {
  const names = nominators.map(({ name }) => name);
  const strange = Object.keys(signers).filter((name) => !names.includes(name));
  if (strange.length > 0)
    throw new ServiceFault(
      `\`signers\` has ${listed(strange)}, but the nominators of the programme are ${listed(names)}`,
      'write each signer under the name of its nominator',
      'signer-unknown',
    );
  const without = names.filter((name) => signers[name] === undefined);
  if (send && without.length > 0)
    throw new ServiceFault(
      `\`send: true\`, but \`signers\` has no entry for ${listed(without)}`,
      'add a signer under that name (`watchbill nominate key create` makes a key file), or write `send: false`',
      'signer-missing',
    );
}

function listed(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}

/**
 * The signers of a configuration by the name of their nominator. Throws a ServiceFault or a TransactionFault.
 */
export function signersOf(
  { signers }: ServiceConfig,
  dir: string,
  ss58Prefix: number,
  nameOf: (key: string) => string | null,
): ReadonlyMap<string, TransactionSigner> {
  return new Map(
    Object.entries(signers).map(([name, signer]) => [name, signerOf(signer, dir, ss58Prefix, nameOf)]),
  );
}

function signerOf(
  signer: SignerConfig,
  dir: string,
  ss58Prefix: number,
  nameOf: (key: string) => string | null,
): TransactionSigner {
  if ('keyFile' in signer)
    return keyFileSigner(
      resolve(dir, signer.keyFile),
      { file: resolve(dir, signer.passphraseFile) },
      makeKey,
    );
  const { scheme } = signer;
  const account = accountOf(signer.account);
  if ('folder' in signer)
    return offlineSigner({ account, scheme, folder: resolve(dir, signer.folder), ss58Prefix, nameOf });
  const [command = '', ...args] = signer.command;
  return externalSigner({
    account,
    scheme,
    command,
    args,
    env: {},
    timeoutMs: signer.timeoutSeconds * 1_000,
  });
}

function accountOf(text: string): string {
  const key = publicKey.safeParse(text);
  const account = key.success ? key.data : readAddress(text)?.publicKey;
  if (account !== undefined) return account;
  throw new ServiceFault('the value is not an account', 'write an SS58 address, or 0x and 64 hex digits');
}
