import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { openKeyFile, type PassphraseSource, readPassphrase, type Secret } from '@watchbill/chain/keys';
import { messageOf } from '@watchbill/kit';
import { TransactionFault } from '../transactions-fault.ts';
import type { SigningScheme, TransactionSigner } from './port.ts';

/** A key in memory. */
export interface SigningKey {
  /** `0x` and 64 digits. */
  readonly account: string;
  /** 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** The key of 32 secret bytes; Node.js does not support all schemes. */
export type KeyMaker = (scheme: SigningScheme, secret: Uint8Array) => SigningKey;

/** Signs with the key of a sealed file. Throws a TransactionFault or a KeyFault. */
export function keyFileSigner(
  path: string,
  passphrase: PassphraseSource,
  makeKey: KeyMaker,
): TransactionSigner {
  return secretSigner(openKeyFile(textOfFile(path), readPassphrase(passphrase)), makeKey);
}

/** Refuses a secret that belongs to another account than the one in the file. */
export function secretSigner({ scheme, account, secret }: Secret, makeKey: KeyMaker): TransactionSigner {
  const key = makeKey(scheme, secret);
  secret.fill(0);
  if (key.account !== account)
    throw new TransactionFault(
      'key-refused',
      `the secret belongs to ${key.account}, but the file names ${account}`,
      'create the key file again',
    );
  return {
    account,
    scheme,
    sign: async ({ message }) => {
      const signature = key.sign(Uint8Array.from(Buffer.from(message.slice(2), 'hex')));
      return { result: 'signature', signature: `0x${Buffer.from(signature).toString('hex')}` };
    },
  };
}

function textOfFile(path: string): string {
  let fd: number | null = null;
  try {
    fd = openSync(path, 'r');
    if ((fstatSync(fd).mode & 0o077) !== 0)
      throw new TransactionFault('key-refused', `${path} can be read by others`, `chmod 600 ${path}`);
    return readFileSync(fd, 'utf8');
  } catch (error) {
    if (error instanceof TransactionFault) throw error;
    throw new TransactionFault(
      'key-refused',
      `${path} cannot be read: ${messageOf(error)}`,
      'name the key file',
      error,
    );
  } finally {
    if (fd !== null) closeSync(fd);
  }
}
