import { taggedDigest } from './digest.ts';

/** What a refusal signs of its facts. */
export function factsDigest(facts: Uint8Array): Uint8Array {
  return taggedDigest('watchbill/quorum/facts/1', facts);
}

/** What an `evidence` message signs of the evidence. */
export function evidenceDigest(evidence: Uint8Array): Uint8Array {
  return taggedDigest('watchbill/quorum/evidence-digest/1', evidence);
}
