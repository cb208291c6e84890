import { publicKeyOfUri } from '@watchbill/chain/secret-uri';
import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { anyKeyNameOf, dangerOf, distinct, type PublicKey, schemeOf } from '../custody/key-name.ts';

const SECRETS = ['seed', 'suri', 'uri', 'priv_key', 'private_key', 'secret', 'mnemonic', 'secretPhrase'];
/** Text that its tool replaces: a vault of Ansible, a template, a variable. */
export const HIDDEN = /^\$ANSIBLE_VAULT|\{\{|\$\{|\$\(/;

/** Public keys, and how many secrets of keys could not be read. */
export interface HeldKeys {
  readonly keys: readonly PublicKey[];
  readonly hidden: number;
}

/**
 * The keys that a value of YAML holds: records with a type of key and a secret (`{type: gran, seed: …}`), and
 * files that are named as in a keystore. No secret is kept.
 */
export function keysIn(value: Json): HeldKeys {
  const parts: HeldKeys[] = isList(value) ? value.map((each) => keysIn(each)) : [];
  if (isRecord(value)) {
    parts.push(...Object.values(value).map((each) => keysIn(each)), ownKey(value));
    parts.push({ keys: Object.keys(value).flatMap((name) => anyKeyNameOf(name) ?? []), hidden: 0 });
  }
  const keys = distinct(parts.flatMap((part) => part.keys));
  return { keys, hidden: parts.reduce((sum, { hidden }) => sum + hidden, 0) };
}

function ownKey(record: JsonRecord): HeldKeys {
  const kind = record.type ?? record.key_type ?? record.keyType;
  const secret = SECRETS.map((name) => record[name]).find((each) => typeof each === 'string');
  if (typeof kind !== 'string' || dangerOf(kind) === 'unknown' || typeof secret !== 'string')
    return { keys: [], hidden: 0 };
  const given = typeof record.scheme === 'string' ? record.scheme.toLowerCase() : null;
  const scheme = (['sr25519', 'ed25519', 'ecdsa'] as const).find((each) => each === given);
  // A suffix of each pod, for example `//$HOSTNAME`, makes other keys.
  const derived = typeof record.extraDerivation === 'string' ? secret + record.extraDerivation : secret;
  const publicKey =
    HIDDEN.test(derived) || derived.includes('$') ? null : publicKeyOfUri(scheme ?? schemeOf(kind), derived);
  return publicKey === null ? { keys: [], hidden: 1 } : { keys: [{ kind, publicKey }], hidden: 0 };
}
