import { scryptSync } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { hexOf } from '@watchbill/chain';
import type { Secret } from '@watchbill/chain/keys';
import { sr25519SecretOf } from '@watchbill/chain/keys';
import { jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import { TransactionFault } from '../transactions-fault.ts';

const fileShape = z.object({
  encoded: z.base64().max(4_096),
  encoding: z.object({
    content: z.tuple([z.literal('pkcs8'), z.enum(['sr25519', 'ed25519'])]),
    type: z.tuple([z.literal('scrypt'), z.literal('xsalsa20-poly1305')]),
    version: z.literal('3'),
  }),
});

const SALT_BYTES = 32;
const NONCE_BYTES = 24;
const KEY_BYTES = 32;
/** Salt, three numbers of 32 bits, nonce. */
const HEAD_BYTES = SALT_BYTES + 12 + NONCE_BYTES;
/** A forged file must not use all memory. */
const MOST_MEMORY = 2 ** 29;
const MOST_PASSES = 16;

/** The DER before the secret, and between it and the public key. */
const PKCS8_HEAD = Buffer.from('3053020101300506032b657004220420', 'hex');
const PKCS8_MIDDLE = Buffer.from('a123032100', 'hex');
const EXPORTED_BYTES = 64;
const PUBLIC_BYTES = 32;
const SEED_BYTES = 32;

/**
 * The secret of an account that Polkadot-JS exported as JSON (`encoding` version 3: scrypt and
 * xsalsa20-poly1305 around PKCS #8). Throws a TransactionFault that shows no part of the file or password.
 */
export function openPolkadotJson(text: string, password: string): Secret {
  const file = fileShape.safeParse(jsonOrNull(text));
  if (!file.success)
    throw refused(
      'the file is not an encrypted account of Polkadot-JS (`encoding` version 3, scrypt)',
      'export the account again in the extension, with a password, or import its mnemonic',
    );
  const { encoded, encoding } = file.data;
  const [, scheme] = encoding.content;
  const plain = decrypt(Buffer.from(encoded, 'base64'), password);
  const parts = partsOf(plain);
  plain.fill(0);
  if (parts === null)
    throw refused('the decrypted account has an unknown form', 'import the mnemonic of the account instead');
  const { exported, publicKey } = parts;
  const secret =
    scheme === 'ed25519'
      ? Uint8Array.from(exported.subarray(0, SEED_BYTES))
      : sr25519SecretOf(exported, publicKey);
  exported.fill(0);
  return { scheme, account: hexOf(publicKey), secret };
}

function decrypt(bytes: Buffer, password: string): Uint8Array {
  if (bytes.length <= HEAD_BYTES) throw refused('the account is cut off', 'export it again');
  const salt = bytes.subarray(0, SALT_BYTES);
  const [N, p, r] = [0, 4, 8].map((at) => bytes.readUInt32LE(SALT_BYTES + at)) as [number, number, number];
  const memory = 128 * N * r;
  if (!Number.isInteger(Math.log2(N)) || N < 2 || r < 1 || p < 1 || p > MOST_PASSES || memory > MOST_MEMORY)
    throw refused('the account uses scrypt with invalid or too high costs', 'export it again');
  // Polkadot-JS neither normalises nor pads the password.
  const key = scryptSync(Buffer.from(password, 'utf8'), salt, KEY_BYTES, { N, r, p, maxmem: 2 * memory });
  const nonce = bytes.subarray(SALT_BYTES + 12, HEAD_BYTES);
  try {
    return xsalsa20poly1305(key, nonce).decrypt(bytes.subarray(HEAD_BYTES));
  } catch {
    throw refused('the password is wrong, or the file was changed', 'check both');
  }
}

function partsOf(plain: Uint8Array) {
  const middle = PKCS8_HEAD.length + EXPORTED_BYTES;
  const end = middle + PKCS8_MIDDLE.length;
  const has = (at: number, bytes: Buffer): boolean => bytes.equals(plain.subarray(at, at + bytes.length));
  if (plain.length !== end + PUBLIC_BYTES || !has(0, PKCS8_HEAD) || !has(middle, PKCS8_MIDDLE)) return null;
  return {
    exported: Uint8Array.from(plain.subarray(PKCS8_HEAD.length, middle)),
    publicKey: Uint8Array.from(plain.subarray(end)),
  };
}

function refused(message: string, remedy: string): TransactionFault {
  return new TransactionFault('key-refused', message, remedy);
}
