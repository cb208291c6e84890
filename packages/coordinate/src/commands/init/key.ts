import type { PassphraseFlags } from '@watchbill/chain/command/secret-flags';
import { usageFault } from '@watchbill/kit';
import type { PlannedFile } from '@watchbill/kit/command/planned-files';
import type { Runtime } from '../../index.ts';

/** Flags of `coordinate init`. */
export interface InitFlags extends PassphraseFlags {
  readonly dir: string;
  readonly name: string;
  readonly scheme: 'ed25519' | 'sr25519' | 'secp256k1';
  /** A multiaddr. */
  readonly listen: string;
  readonly chain?: string;
  readonly example?: string;
  readonly profile: 'quorum' | 'rfc12';
  readonly blockMs: number;
  /** Encrypt the key file. */
  readonly encrypt?: boolean;
  readonly json?: boolean;
}

/**
 * A key that is to be made: its public half as text, and the file of it, to be written with the others or not
 * at all.
 */
export interface PlannedKey {
  readonly publicKey: string;
  readonly file: PlannedFile;
}

/**
 * A new key. `readOperatorFile` of the package reads its file: the scheme and the secret in hex, or the
 * encrypted JSON if there is a passphrase. Throws a usage fault for a scheme that cannot be encrypted.
 */
export function planKey(
  runtime: Runtime,
  path: string,
  scheme: InitFlags['scheme'],
  passphrase: string | null = null,
): PlannedKey {
  if (passphrase !== null && scheme === 'secp256k1')
    throw usageFault('a key of secp256k1 cannot be encrypted', 'use ed25519 or sr25519', 'flag --scheme');
  const { key, secret } = runtime.newOperatorSecret(scheme);
  const text =
    passphrase === null || scheme === 'secp256k1'
      ? `${scheme} 0x${Buffer.from(secret).toString('hex')}\n`
      : runtime.sealKeyFile(
          { scheme, account: `0x${Buffer.from(key.publicKey).toString('hex')}`, secret },
          passphrase,
        );
  secret.fill(0);
  return { publicKey: runtime.publicKeyText(key), file: { path, text, mode: 0o600 } };
}
