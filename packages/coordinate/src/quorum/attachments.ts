import { taggedDigest } from './digest.ts';

/** The digest of its facts that a refusal signs. */
export function factsDigest(facts: Uint8Array): Uint8Array {
  return taggedDigest('watchbill/quorum/facts/1', facts);
}

/** The digest of the evidence that an `evidence` message signs. */
export function evidenceDigest(evidence: Uint8Array): Uint8Array {
  return taggedDigest('watchbill/quorum/evidence-digest/1', evidence);
}

/** The digest of the statements that an `echo` message signs. */
export function echoDigest(statements: Uint8Array): Uint8Array {
  return taggedDigest('watchbill/quorum/echo-digest/1', statements);
}
