import { pbkdf2Sync } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { generateMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { getPublicKey, HDKD, secretFromSeed } from '@scure/sr25519';
import { numberBytes, withLength } from '../scale/number-bytes.ts';
import { ed25519Key } from './ed25519.ts';

/** Schemes of session keys: what `key insert --scheme` of a node takes. */
export type SessionScheme = 'sr25519' | 'ed25519' | 'ecdsa';

/** The phrase that Substrate uses for a URI without one, as in `//Alice`: its keys are public. */
export const DEVELOPMENT_PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';

/** Schemes of accounts that sign extrinsics here. */
export type AccountScheme = 'sr25519' | 'ed25519';

/**
 * The secret of a URI: 32 bytes (a seed, or a mini-secret of sr25519), or 64 bytes (scalar and nonce key of
 * sr25519, which is all that remains after a derivation). `why` shows no part of the text.
 */
export type SecretReading =
  | { readonly ok: true; readonly secret: Uint8Array }
  | { readonly ok: false; readonly why: string };

const URI = /^([\w ]+)?((?:\/\/?[^/]+)*)(?:\/\/\/(.*))?$/;
const SEED_BYTES = 32;

interface Junction {
  readonly isHard: boolean;
  readonly chainCode: Uint8Array;
}

interface SecretUri {
  /** The seed before any junction. */
  readonly seed: Uint8Array;
  readonly junctions: readonly Junction[];
}

/**
 * The public key of a secret URI, as `0x` and hex digits: 32 bytes, for ecdsa 33. A URI is 12 to 24 words or
 * `0x` and 64 hex digits, then junctions and a password: `legal winner … yellow//12/soft///password`. Null if
 * it is not a URI of that scheme: wrong words or checksum, or a soft junction, which only sr25519 has. The
 * same as `key inspect` of a node (sp-core, `crypto.rs`, "SURI").
 */
export function publicKeyOfUri(scheme: SessionScheme, uri: string): string | null {
  const parsed = parseUri(uri);
  const key = parsed === null ? null : publicKey(scheme, parsed);
  return key === null ? null : `0x${Buffer.from(key).toString('hex')}`;
}

/**
 * The secret of a URI for an account, see {@link publicKeyOfUri}. A URI without words or seed (`//Alice`) is
 * refused: its keys are public.
 */
export function readSecretUri(uri: string, scheme: AccountScheme): SecretReading {
  const text = uri.trim();
  if (text === '' || text.startsWith('/'))
    return refused(
      'it has neither a mnemonic nor a seed before its path: a path alone belongs to the public development phrase',
    );
  const parsed = parseUri(text);
  if (parsed === null) return refused(whyNot(text));
  const { seed, junctions } = parsed;
  if (scheme === 'sr25519')
    return {
      ok: true,
      secret: junctions.length === 0 ? Uint8Array.from(seed) : sr25519Secret(seed, junctions),
    };
  const secret = hardSecret('Ed25519HDKD', parsed);
  return secret === null
    ? refused('ed25519 has no soft derivation: write // before each part of the path')
    : { ok: true, secret: Uint8Array.from(secret) };
}

/** 24 new words of BIP-39 for 32 random bytes. */
export function newMnemonic(): string {
  return generateMnemonic(wordlist, 8 * SEED_BYTES);
}

/** The mistake in a text that is not a URI, for a person. */
function whyNot(text: string): string {
  const [start = ''] = text.split('/');
  if (start.startsWith('0x')) return 'a seed is 0x and 64 hexadecimal digits';
  const words = start.trim().split(/\s+/);
  if (![12, 15, 18, 21, 24].includes(words.length))
    return `a mnemonic has 12, 15, 18, 21 or 24 words; got ${words.length}`;
  const wrong = words.findIndex((word) => !wordlist.includes(word));
  if (wrong !== -1) return `word ${wrong + 1} is not in the English list of BIP-39`;
  return 'the checksum of the mnemonic is wrong, or its path has an empty part';
}

function refused(why: string): SecretReading {
  return { ok: false, why };
}

function publicKey(scheme: SessionScheme, parsed: SecretUri): Uint8Array | null {
  if (scheme === 'sr25519') return getPublicKey(sr25519Secret(parsed.seed, parsed.junctions));
  const [domain, ofSeed] = HARD_ONLY[scheme];
  const secret = hardSecret(domain, parsed);
  return secret === null ? null : ofSeed(secret);
}

/** Null if a junction is soft. */
function hardSecret(domain: string, { seed, junctions }: SecretUri): Uint8Array | null {
  if (junctions.some(({ isHard }) => !isHard)) return null;
  return junctions.reduce(
    (from, { chainCode }) => Blake2256(Buffer.concat([scaleText(domain), from, chainCode])),
    seed,
  );
}

const HARD_ONLY: Readonly<
  Record<'ed25519' | 'ecdsa', readonly [domain: string, ofSeed: (seed: Uint8Array) => Uint8Array | null]>
> = {
  ed25519: ['Ed25519HDKD', (seed) => ed25519Key(seed).publicKey],
  ecdsa: [
    'Secp256k1HDKD',
    (seed) => (secp256k1.utils.isValidSecretKey(seed) ? secp256k1.getPublicKey(seed, true) : null),
  ],
};

function sr25519Secret(seed: Uint8Array, junctions: readonly Junction[]): Uint8Array {
  return junctions.reduce<Uint8Array>(
    (secret, { isHard, chainCode }) =>
      isHard ? HDKD.secretHard(secret, chainCode) : HDKD.secretSoft(secret, chainCode),
    secretFromSeed(seed),
  );
}

/** Null for a text that is not a URI: its words are not BIP-39 words, or their checksum is wrong. */
function parseUri(uri: string): SecretUri | null {
  const match = URI.exec(uri.trim());
  if (match === null) return null;
  const [, phrase = DEVELOPMENT_PHRASE, path = '', password = ''] = match;
  const seed = seedOf(phrase, password);
  if (seed === null) return null;
  const junctions = [...path.matchAll(/(\/\/?)([^/]+)/g)].map(([, slashes, code = '']) => ({
    isHard: slashes === '//',
    chainCode: chainCodeOf(code),
  }));
  return { seed, junctions };
}

function seedOf(phrase: string, password: string): Uint8Array | null {
  if (phrase.startsWith('0x'))
    return /^0x[0-9a-fA-F]{64}$/.test(phrase) ? Buffer.from(phrase.slice(2), 'hex') : null;
  const entropy = entropyOf(phrase.trim().replace(/\s+/g, ' '));
  if (entropy === null) return null;
  // Substrate stretches the entropy, not the words as BIP-39 does.
  return pbkdf2Sync(entropy, `mnemonic${password}`, 2048, 64, 'sha512').subarray(0, SEED_BYTES);
}

function entropyOf(phrase: string): Uint8Array | null {
  try {
    return mnemonicToEntropy(phrase, wordlist);
  } catch {
    return null;
  }
}

const MOST_U64 = 2n ** 64n;

/** A number is 8 bytes, another text its SCALE encoding; both are filled to 32, a longer one is hashed. */
function chainCodeOf(code: string): Uint8Array {
  const encoded =
    /^\+?\d+$/.test(code) && BigInt(code) < MOST_U64 ? numberBytes(BigInt(code), 8) : scaleText(code);
  if (encoded.length > SEED_BYTES) return Blake2256(encoded);
  const filled = new Uint8Array(SEED_BYTES);
  filled.set(encoded);
  return filled;
}

/** The SCALE encoding of a text. */
function scaleText(text: string): Uint8Array {
  return withLength(Buffer.from(text, 'utf8'));
}
