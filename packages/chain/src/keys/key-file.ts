import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { canonicalJson, jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import { KeyFault } from './key-fault.ts';
import type { AccountScheme } from './secret-uri.ts';

const CIPHER = 'chacha20-poly1305';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A seed or mini-secret; version 1 of the file. */
const SECRET_BYTES = 32;
/** Scalar and nonce key of a derived sr25519 key; version 2 of the file. */
const DERIVED_BYTES = 64;

/** Costs of scrypt: 128 MiB and about half a second on a current machine. */
export const SCRYPT_COST = { n: 2 ** 17, r: 8, p: 1 } as const;
/** The limit for costs in a file: a forged file must not use all memory. */
const MOST_MEMORY = 2 ** 30;

const hexOf = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

const headShape = z.strictObject({
  kind: z.literal('watchbill-key-file'),
  version: z.union([z.literal(1), z.literal(2)]),
  scheme: z.enum(['sr25519', 'ed25519']),
  account: z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 hex digits'),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    n: z
      .int()
      .min(2 ** 10)
      .max(2 ** 20)
      .refine((n) => Number.isInteger(Math.log2(n)), 'must be a power of two'),
    r: z.int().min(1).max(64),
    p: z.int().min(1).max(16),
    salt: hexOf(SALT_BYTES),
  }),
  cipher: z.strictObject({ name: z.literal(CIPHER), nonce: hexOf(NONCE_BYTES) }),
});

const fileShape = headShape
  .extend({ secret: z.union([hexOf(SECRET_BYTES + TAG_BYTES), hexOf(DERIVED_BYTES + TAG_BYTES)]) })
  .refine(({ version, secret }) => secret.length === 2 * (bytesOf(version) + TAG_BYTES), {
    path: ['secret'],
    message: 'does not have the length of its version',
  });

type Head = z.output<typeof headShape>;

export interface Secret {
  readonly scheme: AccountScheme;
  /** Public key, `0x` and 64 digits. */
  readonly account: string;
  /** 32 bytes: a seed (ed25519) or a mini-secret (sr25519); or 64 bytes of a derived sr25519 key. */
  readonly secret: Uint8Array;
}

/** The text of a key file. The head is authenticated with the secret, so that neither can be exchanged. */
export function sealKeyFile(
  { scheme, account, secret }: Secret,
  passphrase: string,
  cost: { readonly n: number; readonly r: number; readonly p: number } = SCRYPT_COST,
): string {
  const version = secret.length === DERIVED_BYTES && scheme === 'sr25519' ? 2 : 1;
  if (secret.length !== bytesOf(version)) throw new RangeError(`a secret has ${SECRET_BYTES} bytes`);
  const head: Head = headShape.parse({
    kind: 'watchbill-key-file',
    version,
    scheme,
    account,
    kdf: { name: 'scrypt', ...cost, salt: randomBytes(SALT_BYTES).toString('hex') },
    cipher: { name: CIPHER, nonce: randomBytes(NONCE_BYTES).toString('hex') },
  });
  const nonce = Buffer.from(head.cipher.nonce, 'hex');
  const cipher = createCipheriv(CIPHER, keyOf(head, passphrase), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad(head), { plaintextLength: secret.length });
  const sealed = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  return `${canonicalJson({ ...head, secret: sealed.toString('hex') })}\n`;
}

/** Throws a KeyFault that contains no part of the file, the passphrase or the secret. */
export function openKeyFile(text: string, passphrase: string): Secret {
  const { secret: sealedHex, ...head } = read(text);
  const sealed = Buffer.from(sealedHex, 'hex');
  const nonce = Buffer.from(head.cipher.nonce, 'hex');
  const decipher = createDecipheriv(CIPHER, keyOf(head, passphrase), nonce, { authTagLength: TAG_BYTES });
  const length = sealed.length - TAG_BYTES;
  decipher.setAAD(aad(head), { plaintextLength: length });
  decipher.setAuthTag(sealed.subarray(length));
  const secret = decipher.update(sealed.subarray(0, length));
  try {
    decipher.final();
  } catch {
    throw refused('the passphrase is wrong, or the key file was changed', 'check both');
  }
  return { scheme: head.scheme, account: head.account, secret: Uint8Array.from(secret) };
}

/** Scheme and account of a key file, which are not encrypted. Throws a KeyFault. */
export function readKeyFile(text: string): Pick<Secret, 'scheme' | 'account'> {
  const { scheme, account } = read(text);
  return { scheme, account };
}

function bytesOf(version: 1 | 2): number {
  return version === 1 ? SECRET_BYTES : DERIVED_BYTES;
}

function read(text: string): z.output<typeof fileShape> {
  const file = fileShape.safeParse(jsonOrNull(text));
  if (file.success) return file.data;
  const place = file.error.issues[0]?.path.join('.') ?? '';
  throw refused(
    place === '' ? 'the key file is not a JSON object' : `the key file is invalid: ${place} cannot be used`,
    'make it again from the secret',
  );
}

function keyOf({ kdf: { n, r, p, salt } }: Head, passphrase: string): Buffer {
  const maxmem = 128 * n * r * 2;
  if (maxmem > MOST_MEMORY)
    throw refused('the key file asks for too much memory', 'make it again from the secret');
  // Normalised, so that the same characters match on any keyboard.
  const bytes = Buffer.from(passphrase.normalize('NFC'), 'utf8');
  return scryptSync(bytes, Buffer.from(salt, 'hex'), KEY_BYTES, { N: n, r, p, maxmem });
}

function aad(head: Head): Buffer {
  return Buffer.from(canonicalJson(head), 'utf8');
}

function refused(message: string, remedy: string): KeyFault {
  return new KeyFault(message, remedy);
}
