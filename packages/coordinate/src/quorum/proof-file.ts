import { hexOf } from './digest.ts';

/** A file of a proof, in characters of ASCII. */
export const MAX_PROOF_TEXT = 64 * 1024;

/**
 * A proof as a file: JSON that people can read, and at its end the bytes that count. Signatures and
 * contents of more than 33 bytes are in the bytes only. Example: `{ "type": "watchbill/quorum/evidence/1",
 * …, "bytes": "7761…" }`.
 */
export function proofText(type: string, shown: object, bytes: Uint8Array): string {
  const plain = JSON.parse(JSON.stringify(shown, shownAs)) as object;
  return `${JSON.stringify({ type, ...plain, bytes: hexOf(bytes) }, null, 2)}\n`;
}

/**
 * The bytes at the end of such a text, or null. Does not compare them with the readable fields, and never
 * throws.
 */
export function proofBytes(text: string): Uint8Array | null {
  const hex = /"bytes": "((?:[0-9a-f]{2})+)"\n\}\n$/.exec(text)?.[1];
  return hex === undefined ? null : Uint8Array.from(Buffer.from(hex, 'hex'));
}

const MAX_SHOWN_BYTES = 33;
const BYTES_ONLY = new Set(['signature', 'helloSignature']);

function shownAs(key: string, value: unknown): unknown {
  if (BYTES_ONLY.has(key)) return undefined;
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Uint8Array)) return value;
  return value.length > MAX_SHOWN_BYTES ? `${value.length} bytes` : hexOf(value);
}
