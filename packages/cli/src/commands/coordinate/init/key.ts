import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Runtime } from '@watchbill/coordinate';

/** What `coordinate init` takes. */
export interface InitFlags {
  readonly dir: string;
  readonly name: string;
  readonly scheme: 'ed25519' | 'sr25519' | 'secp256k1';
  readonly transport: 'web-socket' | 'libp2p';
  readonly listen?: string;
  readonly chain?: string;
  readonly example?: string;
  readonly blockMs: number;
  readonly json?: boolean;
}

/** Makes a key file and answers the public key as text. */
export function makeKey(runtime: Runtime, file: string, scheme: InitFlags['scheme']): string {
  const { key, secret } = runtime.newOperatorSecret(scheme);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  runtime.writeOperatorKey(file, scheme, secret);
  secret.fill(0);
  return runtime.publicKeyText(key);
}
