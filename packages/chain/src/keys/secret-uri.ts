import { pbkdf2Sync } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { getPublicKey, HDKD, secretFromSeed } from '@scure/sr25519';

/** Schemes of session keys: what `key insert --scheme` of a node takes. */
export type SessionScheme = 'sr25519' | 'ed25519' | 'ecdsa';

/** The phrase that Substrate takes for a URI without one, as in `//Alice`: everyone knows its keys. */
export const DEVELOPMENT_PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';

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

function publicKey(scheme: SessionScheme, { seed, junctions }: SecretUri): Uint8Array | null {
  if (scheme === 'sr25519') return getPublicKey(sr25519Secret(seed, junctions));
  const [domain, ofSeed] = HARD_ONLY[scheme];
  if (junctions.some(({ isHard }) => !isHard)) return null;
  const last = junctions.reduce(
    (from, { chainCode }) => Blake2256(Buffer.concat([scaleText(domain), from, chainCode])),
    seed,
  );
  return ofSeed(last);
}

const HARD_ONLY: Readonly<
  Record<'ed25519' | 'ecdsa', readonly [domain: string, ofSeed: (seed: Uint8Array) => Uint8Array | null]>
> = {
  ed25519: ['Ed25519HDKD', (seed) => ed25519.getPublicKey(seed)],
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
  const encoded = /^\+?\d+$/.test(code) && BigInt(code) < MOST_U64 ? scaleU64(BigInt(code)) : scaleText(code);
  if (encoded.length > SEED_BYTES) return Blake2256(encoded);
  const filled = new Uint8Array(SEED_BYTES);
  filled.set(encoded);
  return filled;
}

function scaleU64(number: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(number);
  return bytes;
}

/** SCALE: the compact length, then the bytes. Junctions are shorter than the 16 KiB of its second form. */
function scaleText(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  const length =
    bytes.length < 64
      ? Buffer.of(bytes.length << 2)
      : Buffer.of(((bytes.length << 2) | 1) & 0xff, bytes.length >> 6);
  return Buffer.concat([length, bytes]);
}
