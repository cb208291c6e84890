import { publicKeyOfUri, type SessionScheme } from '@watchbill/chain/secret-uri';
import { jsonOrNull } from '@watchbill/kit';

/**
 * The harm that two processes with one key can do. `authors`: two processes with it make two blocks for one
 * slot. `votes`: two processes make two votes for one round. `other`: two processes do no harm that is
 * slashed.
 */
export type KeyDanger = 'authors' | 'votes' | 'other';

const sr25519: readonly SessionScheme[] = ['sr25519'];

/**
 * The session keys of Substrate and Polkadot by their key type (sp-core, `crypto.rs`, `key_types`). The guard
 * places no key of a kind without schemes.
 */
const KINDS = new Map<string, { readonly danger: KeyDanger; readonly schemes: readonly SessionScheme[] }>([
  ['babe', { danger: 'authors', schemes: sr25519 }],
  ['aura', { danger: 'authors', schemes: ['sr25519', 'ed25519'] }],
  ['gran', { danger: 'votes', schemes: ['ed25519'] }],
  ['beef', { danger: 'votes', schemes: ['ecdsa'] }],
  ...['imon', 'para', 'asgn', 'audi'].map((kind) => [kind, { danger: 'other', schemes: sr25519 }] as const),
  ...['nimb', 'rand', 'sass'].map((kind) => [kind, { danger: 'authors', schemes: [] }] as const),
  ['crch', { danger: 'votes', schemes: [] }],
]);

const schemesOf = (kind: string): readonly SessionScheme[] => KINDS.get(kind)?.schemes ?? [];
/** The harm of two processes with one key, by its kind; `unknown` for an unknown kind. */
export const dangerOf = (kind: string): KeyDanger | 'unknown' => KINDS.get(kind)?.danger ?? 'unknown';
/** The scheme of a kind: the usual one if there are several, or if the kind is not known. */
export const schemeOf = (kind: string): SessionScheme => schemesOf(kind)[0] ?? 'sr25519';

/** Kinds of keys that the guard knows. It places no other key: it would not know when that is safe. */
export const KEY_KINDS: readonly string[] = [...KINDS.keys()].filter((kind) => schemesOf(kind).length > 0);

/** A single session key, public. */
export interface PublicKey {
  /** For example `gran`. */
  readonly kind: string;
  /** `0x` and 64 hex digits; 66 for ecdsa. */
  readonly publicKey: string;
}

/** For example `gran 0x88dc…`. */
export const keyId = ({ kind, publicKey }: PublicKey): string => `${kind} ${publicKey}`;
export const isSame = (one: PublicKey, other: PublicKey): boolean => keyId(one) === keyId(other);

/** Each key once. */
export function distinct(keys: readonly PublicKey[]): readonly PublicKey[] {
  return [...new Map(keys.map((key) => [keyId(key), key])).values()];
}

/**
 * The name of a file in a keystore: four bytes of the key type and the public key, in hex (sc-keystore,
 * `local.rs`).
 */
export interface KeyName extends PublicKey {
  readonly file: string;
  readonly danger: KeyDanger;
}

/** The same, of a key of any kind. */
export type AnyKeyName = Omit<KeyName, 'danger'> & { readonly danger: KeyDanger | 'unknown' };

const FILE = /^(?<type>[0-9a-f]{8})(?<key>[0-9a-f]{64,})$/;

/** Reads the name of a file in a keystore. A kind that is no text is shown in hex. Null if it is no key. */
export function anyKeyNameOf(file: string): AnyKeyName | null {
  const { type, key } = FILE.exec(file)?.groups ?? {};
  if (type === undefined || key === undefined) return null;
  const text = Buffer.from(type, 'hex').toString('latin1');
  const kind = /^[!-~]{4}$/.test(text) ? text : `0x${type}`;
  return { file, kind, publicKey: `0x${key}`, danger: dangerOf(kind) };
}

/** Null if it is not the name of a session key that the guard knows. */
export function keyNameOf(file: string): KeyName | null {
  const name = anyKeyNameOf(file);
  if (name === null || name.danger === 'unknown' || !KEY_KINDS.includes(name.kind)) return null;
  return /^0x(?:.{64}|.{66})$/.test(name.publicKey) ? { ...name, danger: name.danger } : null;
}

export const fileNameOf = ({ kind, publicKey }: PublicKey): string =>
  `${Buffer.from(kind).toString('hex')}${publicKey.slice(2)}`;

/**
 * Why the content of a keystore file does not fit its name, or null if it does: a JSON string with a secret
 * URI whose public key is the one of the name. The answer never shows the content.
 */
export function contentProblem(name: KeyName, content: string): string | null {
  const uri = jsonOrNull(content);
  if (typeof uri !== 'string') return 'its content is not a JSON string';
  const keys = schemesOf(name.kind).map((scheme) => publicKeyOfUri(scheme, uri));
  if (keys.every((key) => key === null)) return 'its content is not the secret of a key';
  return keys.includes(name.publicKey) ? null : 'its secret belongs to another public key than its name';
}
