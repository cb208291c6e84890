import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { digestOfText } from '@watchbill/kit';
import type { Kysely } from 'kysely';
import type { Tables, TextKind } from './tables.ts';

const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);

/** More than a snapshot of ten thousand candidates takes. */
const UNPACK = { maxOutputLength: 2 ** 30 };

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
  const packed = await getPacked(db, kind, digest);
  return packed === null ? null : (await unpack(packed, UNPACK)).toString('utf8');
}

/** The compressed text, for {@link unpackText} in another thread. */
export async function getPacked(
  db: Kysely<Tables>,
  kind: TextKind,
  digest: string,
): Promise<Uint8Array | null> {
  const row = await db
    .selectFrom('texts')
    .select('body')
    .where('digest', '=', digest)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row?.body ?? null;
}

/** Blocks its thread for a tenth of a second with a snapshot of a large network. */
export function unpackText(packed: Uint8Array): string {
  return zstdDecompressSync(packed, UNPACK).toString('utf8');
}
