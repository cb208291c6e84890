import { createPrivateKey, X509Certificate } from 'node:crypto';
import { DEVELOPMENT_PHRASE } from '@watchbill/chain/keys';
import { peerIdOf } from '../../file/index.ts';
import type { SecretEntry } from '../../file/secret-names/index.ts';

/**
 * Bytes that may be put, or why not. No text here contains a part of the value, except a peer id, which is
 * public.
 */
export type CheckedValue =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly what: string; readonly remedy: string };

/** Of one entry. systemd takes 1 MiB; the longest that is needed are a few certificates. */
export const LONGEST_VALUE_BYTES = 256 * 1024;

export interface ValueOptions {
  /** Accepts publicly known seeds, for test chains. */
  readonly development: boolean;
}

/** Checks the bytes of an entry, so that a mistake is found here, and not by a node that does not start. */
export function checkedValue(entry: SecretEntry, bytes: Uint8Array, options: ValueOptions): CheckedValue {
  if (bytes.length === 0) return wrong('it is empty', 'name the file that has the value');
  if (bytes.length > LONGEST_VALUE_BYTES)
    return wrong(`it has more than ${LONGEST_VALUE_BYTES} bytes`, 'name the file that has this value alone');
  switch (entry.use) {
    case 'token':
    case 'operator-token':
      return token(bytes);
    case 'ca':
    case 'store-ca':
    case 'certificate':
      return certificates(bytes, entry.use);
    case 'private-key':
      return privateKey(bytes);
    case 'password':
      return password(bytes);
    case 'node-key':
      return nodeKey(bytes, entry.peerId);
    case 'seed':
      return seed(bytes, options);
  }
}

function token(bytes: Uint8Array): CheckedValue {
  const text = lineOf(bytes);
  if (text === null || !/^[\x21-\x7e]{16,4096}$/.test(text))
    return wrong(
      'it is not a token: one line, without spaces',
      'make one with `watchbill token create --role node --name NODE --out FILE`',
    );
  return { ok: true, bytes: Buffer.from(text) };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificates(bytes: Uint8Array, use: SecretEntry['use']): CheckedValue {
  const text = Buffer.from(bytes).toString('latin1');
  const whose = use === 'certificate' ? 'the service' : 'the authority';
  const remedy = `name the file with the certificate of ${whose}, in PEM`;
  if (/PRIVATE KEY-----/.test(text))
    return wrong('it has a private key in it, which does not belong there', remedy);
  const all = text.match(CERTIFICATE) ?? [];
  if (all.length === 0 || !all.every(isCertificate)) return wrong('it is not a certificate in PEM', remedy);
  return { ok: true, bytes };
}

function privateKey(bytes: Uint8Array): CheckedValue {
  try {
    createPrivateKey(Buffer.from(bytes));
    return { ok: true, bytes };
  } catch {
    return wrong(
      'it is not a private key in PEM, or it is under a passphrase',
      'name the file with the private key of the certificate, in PEM, without a passphrase',
    );
  }
}

function password(bytes: Uint8Array): CheckedValue {
  const text = lineOf(bytes);
  return text === null || /\s/.test(text)
    ? wrong('it is not a password: one line, without spaces', 'name the file that has the password alone')
    : { ok: true, bytes: Buffer.from(text) };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** As 64 hexadecimal digits without a line end: with one, a node takes it for something else. */
function nodeKey(bytes: Uint8Array, peerId: string | null): CheckedValue {
  const text = lineOf(bytes);
  const hex = text !== null && /^[0-9a-fA-F]{64}$/.test(text) ? text : null;
  const key = hex === null ? (bytes.length === 32 ? bytes : null) : Buffer.from(hex, 'hex');
  if (key === null)
    return wrong(
      'it is not a node key: 64 hexadecimal digits, or 32 bytes',
      'make one with `key generate-node-key --file FILE` of the node',
    );
  const found = peerIdOf(key);
  if (peerId !== null && found !== peerId)
    return wrong(
      `it is the key of the peer id ${found}, and the network file says ${peerId}`,
      'name the key of that peer id; or write this one in the file',
    );
  return { ok: true, bytes: Buffer.from(Buffer.from(key).toString('hex')) };
}

const JUNCTIONS = '(//?[^/\\s]+)*(///.+)?';
const SEED = new RegExp(`^(0x[0-9a-fA-F]{64}|[a-z]+( [a-z]+){11,23})${JUNCTIONS}$`);
const OF_DEVELOPMENT = new RegExp(`^(${DEVELOPMENT_PHRASE})?${JUNCTIONS}$`);
/** Junctions that are names: a long one or a password can be a secret. */
const WELL_KNOWN = new RegExp(`^(${DEVELOPMENT_PHRASE})?(//?[A-Za-z0-9_-]{1,24}){1,3}$`);

/** Whether a value is a seed that everyone can derive, for example `//Alice` or `//Alice//stash`. */
export function isDevelopmentSeed(bytes: Uint8Array): boolean {
  return WELL_KNOWN.test(lineOf(bytes) ?? '');
}

function seed(bytes: Uint8Array, { development }: ValueOptions): CheckedValue {
  const text = lineOf(bytes);
  if (text !== null && text !== '' && OF_DEVELOPMENT.test(text))
    return development
      ? { ok: true, bytes: Buffer.from(text) }
      : wrong(
          'it is a public seed of development chains',
          'name the seed of this node; for a test chain add --development',
        );
  if (text === null || !SEED.test(text))
    return wrong(
      'it is not a seed: 12 to 24 words, or 0x and 64 hexadecimal digits, on one line',
      'name the file that has the seed of this key type alone',
    );
  return { ok: true, bytes: Buffer.from(text) };
}

/** The text of one line without the line end that editors add; null for other input. */
function lineOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
    return /[\r\n\0]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

function wrong(what: string, remedy: string): CheckedValue {
  return { ok: false, what, remedy };
}
