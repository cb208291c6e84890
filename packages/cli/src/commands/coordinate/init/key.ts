import type { Runtime } from '@watchbill/coordinate';
import type { PlannedFile } from '../../init/plan.ts';

/** Flags of `coordinate init`. */
export interface InitFlags {
  readonly dir: string;
  readonly name: string;
  readonly scheme: 'ed25519' | 'sr25519' | 'secp256k1';
  /** A multiaddr. */
  readonly listen: string;
  readonly chain?: string;
  readonly example?: string;
  readonly blockMs: number;
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

/** A new key. Its file is what `readOperatorKey` of the package reads: the scheme, and the secret in hex. */
export function planKey(runtime: Runtime, path: string, scheme: InitFlags['scheme']): PlannedKey {
  const { key, secret } = runtime.newOperatorSecret(scheme);
  const text = `${scheme} 0x${Buffer.from(secret).toString('hex')}\n`;
  secret.fill(0);
  return { publicKey: runtime.publicKeyText(key), file: { path, text, mode: 0o600 } };
}
