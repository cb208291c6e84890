import type { z } from 'zod';
import { canonicalJson } from '../wire/canonical-json.ts';

/** A record in its canonical form: JSON with keys in order and no blanks. */
export function bytesOfRecord(record: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(record));
}

/** The record in the bytes; null if they are not such a record, or not in canonical form. Never throws. */
export function recordOfBytes<Schema extends z.ZodType>(
  schema: Schema,
  bytes: Uint8Array,
): z.infer<Schema> | null {
  const read = schema.safeParse(parsedJson(new TextDecoder().decode(bytes)));
  if (!read.success) return null;
  return Buffer.compare(bytesOfRecord(read.data), bytes) === 0 ? read.data : null;
}

/** Undefined if the text is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The problem with a JSON text, on one line, or null. */
export function problemOf(schema: z.ZodType, text: string): string | null {
  const read = schema.safeParse(parsedJson(text));
  if (read.success) return null;
  return read.error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}

/** A JSON text that was checked before. Throws an Error that names the text and its problem. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  what: string,
): z.infer<Schema> {
  const read = schema.safeParse(parsedJson(text));
  if (read.success) return read.data;
  throw new Error(`${what}: ${problemOf(schema, text)}`);
}
