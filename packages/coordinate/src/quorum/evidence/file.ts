import { MAX_PROOF_TEXT, proofBytes, proofText } from '../proof-file.ts';
import { decodeEvidence, encodeEvidence } from './codec.ts';
import type { Evidence } from './evidence.ts';

/** Evidence as a file; see `proofText`. One text per evidence. Throws like `encodeEvidence`. */
export function evidenceText(evidence: Evidence): string {
  const bytes = encodeEvidence(evidence);
  // Reads the fields from the bytes, so that their order does not depend on the maker of the evidence.
  return proofText('watchbill/quorum/evidence/1', decodeEvidence(bytes) ?? {}, bytes);
}

/**
 * The evidence of a text, or the problem with the text. The readable part must match the bytes. Never throws.
 */
export function readEvidenceText(
  text: string,
): { readonly ok: true; readonly evidence: Evidence } | { readonly ok: false; readonly why: string } {
  if (text.length > MAX_PROOF_TEXT)
    return { ok: false, why: `it has more than ${MAX_PROOF_TEXT} characters` };
  const bytes = proofBytes(text);
  const evidence = bytes === null ? null : decodeEvidence(bytes);
  if (evidence === null) return { ok: false, why: 'it is not an evidence file' };
  if (evidenceText(evidence) !== text)
    return { ok: false, why: 'its readable fields do not match its bytes' };
  return { ok: true, evidence };
}
