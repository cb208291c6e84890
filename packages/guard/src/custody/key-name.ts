import { publicKeyOfUri, type SessionScheme } from '@watchbill/chain/secret-uri';
import { jsonOrNull } from '@watchbill/kit';

/**
 * The harm that two processes with one key can do. `authors`: two processes with it make two blocks for one
 * slot. `votes`: two processes make two votes for one round. `other`: two processes do no harm that is
 * slashed.
 */
export type KeyDanger = 'authors' | 'votes' | 'other';

interface KeyKind {
  readonly danger: KeyDanger;
  readonly schemes: readonly SessionScheme[];
}

/** The session keys of Substrate and Polkadot by their key type (sp-core, `crypto.rs`, `key_types`). */
const KINDS: Readonly<Record<string, KeyKind>> = {
  babe: { danger: 'authors', schemes: ['sr25519'] },
  aura: { danger: 'authors', schemes: ['sr25519', 'ed25519'] },
  gran: { danger: 'votes', schemes: ['ed25519'] },
  beef: { danger: 'votes', schemes: ['ecdsa'] },
  imon: { danger: 'other', schemes: ['sr25519'] },
  para: { danger: 'other', schemes: ['sr25519'] },
  asgn: { danger: 'other', schemes: ['sr25519'] },
  audi: { danger: 'other', schemes: ['sr25519'] },
};

/** Kinds of keys that the guard knows. It places no other key: it would not know when that is safe. */
export const KEY_KINDS: readonly string[] = Object.keys(KINDS);

/**
 * The name of a file in a keystore: four bytes of the key type and the public key, in hex (sc-keystore,
 * `local.rs`).
 */
export interface KeyName {
  readonly file: string;
  /** For example `gran`. */
  readonly kind: string;
  /** `0x` and 64 hex digits; 66 for ecdsa. */
  readonly publicKey: string;
  readonly danger: KeyDanger;
}

const FILE = /^(?<type>[0-9a-f]{8})(?<key>[0-9a-f]{64}|[0-9a-f]{66})$/;

/** Reads the name of a keystore file. Null if it is not the name of a session key that the guard knows. */
export function keyNameOf(file: string): KeyName | null {
  const { type, key } = FILE.exec(file)?.groups ?? {};
  if (type === undefined || key === undefined) return null;
  const kind = Buffer.from(type, 'hex').toString('latin1');
  const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  return known === undefined ? null : { file, kind, publicKey: `0x${key}`, danger: known.danger };
}

/**
 * Why the content of a keystore file does not fit its name, or null if it does: a JSON string with a secret
 * URI whose public key is the one of the name. The answer never shows the content.
 */
export function contentProblem(name: KeyName, content: string): string | null {
  const uri = jsonOrNull(content);
  if (typeof uri !== 'string') return 'its content is not a JSON string';
  const keys = (KINDS[name.kind]?.schemes ?? []).map((scheme) => publicKeyOfUri(scheme, uri));
  if (keys.every((key) => key === null)) return 'its content is not the secret of a key';
  return keys.includes(name.publicKey) ? null : 'its secret belongs to another public key than its name';
}
