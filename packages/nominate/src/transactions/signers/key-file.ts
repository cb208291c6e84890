import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { canonicalJson, jsonOrNull } from '@watchbill/base';
import { z } from 'zod';
import { publicKey } from '../../snapshot/shapes.ts';
import { TransactionFault } from '../fault.ts';
import type { SigningScheme } from './port.ts';

const CIPHER = 'chacha20-poly1305';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SECRET_BYTES = 32;

/** Costs of scrypt: 128 MiB and about half a second on a current machine. */
export const SCRYPT_COST = { n: 2 ** 17, r: 8, p: 1 } as const;
/** The limit for costs in a file: a forged file must not use all memory. */
const MOST_MEMORY = 2 ** 30;

const hexOf = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

const headShape = z.strictObject({
  kind: z.literal('watchbill-key-file'),
  version: z.literal(1),
  scheme: z.enum(['sr25519', 'ed25519']),
  account: publicKey,
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

const fileShape = headShape.extend({ secret: hexOf(SECRET_BYTES + TAG_BYTES) });

type Head = z.output<typeof headShape>;

export interface Secret {
  readonly scheme: SigningScheme;
  /** Public key, `0x` and 64 digits. */
  readonly account: string;
  /** 32 bytes: a seed (ed25519) or a mini-secret (sr25519). */
  readonly secret: Uint8Array;
}

/** The text of a key file. The head is authenticated with the secret, so that neither can be exchanged. */
export function sealKeyFile(
  { scheme, account, secret }: Secret,
  passphrase: string,
  cost: { readonly n: number; readonly r: number; readonly p: number } = SCRYPT_COST,
): string {
  if (secret.length !== SECRET_BYTES) throw new RangeError(`a secret has ${SECRET_BYTES} bytes`);
  const head: Head = headShape.parse({
    kind: 'watchbill-key-file',
    version: 1,
    scheme,
    account,
    kdf: { name: 'scrypt', ...cost, salt: randomBytes(SALT_BYTES).toString('hex') },
    cipher: { name: CIPHER, nonce: randomBytes(NONCE_BYTES).toString('hex') },
  });
  const nonce = Buffer.from(head.cipher.nonce, 'hex');
  const cipher = createCipheriv(CIPHER, keyOf(head, passphrase), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad(head), { plaintextLength: SECRET_BYTES });
  const sealed = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  return `${canonicalJson({ ...head, secret: sealed.toString('hex') })}\n`;
}

/** Throws a TransactionFault that contains no part of the file, the passphrase or the secret. */
export function openKeyFile(text: string, passphrase: string): Secret {
  const { secret: sealedHex, ...head } = read(text);
  const sealed = Buffer.from(sealedHex, 'hex');
  const nonce = Buffer.from(head.cipher.nonce, 'hex');
  const decipher = createDecipheriv(CIPHER, keyOf(head, passphrase), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad(head), { plaintextLength: SECRET_BYTES });
  decipher.setAuthTag(sealed.subarray(SECRET_BYTES));
  const secret = decipher.update(sealed.subarray(0, SECRET_BYTES));
  try {
    decipher.final();
  } catch {
    throw refused('the passphrase is wrong, or the key file was changed', 'check both');
  }
  return { scheme: head.scheme, account: head.account, secret: Uint8Array.from(secret) };
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

function refused(message: string, remedy: string): TransactionFault {
  return new TransactionFault('key-refused', message, remedy);
}
