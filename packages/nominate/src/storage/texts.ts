import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { digestOfText } from '@watchbill/base';
import type { Kysely } from 'kysely';
import type { Tables, TextKind } from './tables.ts';

const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);

/** More than a snapshot of ten thousand candidates takes. */
const LONGEST_TEXT_BYTES = 2 ** 30;

/** A text ready for storage. */
export interface PackedText {
  readonly digest: string;
  readonly kind: TextKind;
  readonly size: number;
  readonly body: Uint8Array;
}

export async function packText(kind: TextKind, text: string): Promise<PackedText> {
  const bytes = Buffer.from(text);
  return { digest: digestOfText(text), kind, size: bytes.length, body: await pack(bytes) };
}

/** Stores a text under its digest, once. */
export async function putText(db: Kysely<Tables>, text: PackedText): Promise<void> {
  await db
    .insertInto('texts')
    .values(text)
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute();
}

export async function getText(db: Kysely<Tables>, kind: TextKind, digest: string): Promise<string | null> {
  const row = await db
    .selectFrom('texts')
    .select('body')
    .where('digest', '=', digest)
    .where('kind', '=', kind)
    .executeTakeFirst();
  if (row === undefined) return null;
  return (await unpack(row.body, { maxOutputLength: LONGEST_TEXT_BYTES })).toString('utf8');
}
