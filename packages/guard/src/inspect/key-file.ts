import { publicKeyOfUri, type SessionScheme } from '@watchbill/chain/secret-uri';
import { jsonOrNull } from '@watchbill/kit';
import { contentProblem, KEY_KINDS, type KeyDanger, keyNameOf } from '../custody/key-name.ts';
import { type KeyFile, type Look, notAsked, seen } from '../doctor/facts.ts';

/** The harm of two processes with one key, by its kind. The guard places fewer kinds than these. */
const DANGERS: Readonly<Record<string, KeyDanger>> = {
  ...{ gran: 'votes', beef: 'votes', crch: 'votes' },
  ...{ babe: 'authors', aura: 'authors', nimb: 'authors', rand: 'authors', sass: 'authors' },
  ...{ imon: 'other', para: 'other', asgn: 'other', audi: 'other' },
};
export const dangerOf = (kind: string): KeyFile['danger'] => DANGERS[kind] ?? 'unknown';
const SCHEMES: readonly SessionScheme[] = ['sr25519', 'ed25519', 'ecdsa'];
const FILE = /^(?<type>[0-9a-f]{8})(?<key>[0-9a-f]{64,})$/;

export type KeyFileName = Pick<KeyFile, 'file' | 'kind' | 'publicKey' | 'danger'>;

/** Reads the name of a file in a keystore: four bytes of any kind of key, and the public key. */
export function keyFileName(file: string): KeyFileName | null {
  const { type, key } = FILE.exec(file)?.groups ?? {};
  if (type === undefined || key === undefined) return null;
  const text = Buffer.from(type, 'hex').toString('latin1');
  const kind = /^[!-~]{4}$/.test(text) ? text : `0x${type}`;
  return { file, kind, publicKey: `0x${key}`, danger: dangerOf(kind) };
}

/** Why a secret does not fit the name of its file. Only the schemes of the guard's kinds are known. */
export function secretProblem({ file, kind, publicKey }: KeyFileName, content: string): Look<string | null> {
  const name = KEY_KINDS.includes(kind) ? keyNameOf(file) : null;
  if (name !== null) return seen(contentProblem(name, content));
  const uri = jsonOrNull(content);
  const isOwn = typeof uri === 'string' && SCHEMES.some((each) => publicKeyOfUri(each, uri) === publicKey);
  return isOwn ? seen(null) : notAsked(`the doctor does not know how the secret of a ${kind} key is made`);
}
