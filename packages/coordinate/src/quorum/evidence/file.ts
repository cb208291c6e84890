import { hexOf } from '../digest.ts';
import { decodeEvidence, encodeEvidence } from './codec.ts';
import type { Evidence } from './evidence.ts';

/** A file of evidence, in characters of ASCII. */
export const MAX_EVIDENCE_TEXT = 64 * 1024;

/**
 * Evidence as a file: JSON that people can read, and at its end the bytes that count. Signatures and long contents stand in the bytes
 * only. One text per evidence. Throws like `encodeEvidence`.
 */
export function evidenceText(evidence: Evidence): string {
  const bytes = encodeEvidence(evidence);
  // Fields that were read from bytes have one order, so the maker of the evidence does not matter.
  const shown = JSON.parse(JSON.stringify(decodeEvidence(bytes), shownAs)) as object;
  return `${JSON.stringify({ type: 'watchbill/quorum/evidence/1', ...shown, bytes: hexOf(bytes) }, null, 2)}\n`;
}

/** The evidence of a text, or the problem with the text. The readable part must match the bytes. Never throws. */
export function readEvidenceText(
  text: string,
): { readonly ok: true; readonly evidence: Evidence } | { readonly ok: false; readonly why: string } {
  if (text.length > MAX_EVIDENCE_TEXT)
    return { ok: false, why: `it has more than ${MAX_EVIDENCE_TEXT} characters` };
  const hex = /"bytes": "((?:[0-9a-f]{2})+)"\n\}\n$/.exec(text)?.[1];
  const evidence = hex === undefined ? null : decodeEvidence(Buffer.from(hex, 'hex'));
  if (evidence === null) return { ok: false, why: 'it is no file of evidence' };
  if (evidenceText(evidence) !== text)
    return { ok: false, why: 'its readable fields do not match its bytes' };
  return { ok: true, evidence };
}

const MAX_SHOWN_BYTES = 33;
const BYTES_ONLY = new Set(['signature', 'helloSignature']);

function shownAs(key: string, value: unknown): unknown {
  if (BYTES_ONLY.has(key)) return undefined;
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Uint8Array)) return value;
  return value.length > MAX_SHOWN_BYTES ? `${value.length} bytes` : hexOf(value);
}
