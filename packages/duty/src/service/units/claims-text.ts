import type { Part, ReasonCode } from '../../rule/index.ts';
import { type ClaimFact, STEPS } from '../shapes/units.ts';

/** A row keeps this many claims: a node that asks again and again must not fill the file. */
const MAX_CLAIMS = 8;

const OUTCOMES = ['granted', 'denied', 'unknown'] as const;

/** Fields by position, so that a row is short: node, parts, outcome, reason, digest, at, took, steps. */
type Line = [string, string, number, string, string | null, number, number, ...number[]];

/**
 * Adds a claim to those of a unit. The first of several equal answers stays, because it says when the node
 * came. Of the grants of a node the last part stays: a round is one line, and not four.
 */
export function withClaim(claims: readonly ClaimFact[], claim: ClaimFact): readonly ClaimFact[] {
  const same = (known: ClaimFact): boolean =>
    known.node === claim.node &&
    known.outcome === claim.outcome &&
    (known.outcome === 'granted' || known.reason === claim.reason) &&
    known.parts.join() === claim.parts.join();
  if (claims.some(same)) return claims;
  const replaced = (known: ClaimFact): boolean =>
    claim.outcome === 'granted' && known.outcome === 'granted' && known.node === claim.node;
  const kept = claims.filter((known) => !replaced(known));
  return kept.length >= MAX_CLAIMS ? kept : [...kept, claim];
}

/** The claims of a unit as the file keeps them. */
export function claimsText(claims: readonly ClaimFact[]): string {
  return JSON.stringify(
    claims.map(({ node, parts, outcome, reason, digest, atMs, tookMs, steps }): Line => {
      const times = STEPS.map((name) => steps.find((step) => step.name === name)?.ms ?? 0);
      return [node, parts.join(' '), OUTCOMES.indexOf(outcome), reason, digest, atMs, tookMs, ...times];
    }),
  );
}

/** The reverse of {@link claimsText}. Throws a SyntaxError on a text that it did not write. */
export function readClaims(text: string): readonly ClaimFact[] {
  return (JSON.parse(text) as Line[]).map(
    ([node, parts, outcome, reason, digest, atMs, tookMs, ...times]): ClaimFact => ({
      node,
      parts: parts.split(' ') as Part[],
      outcome: OUTCOMES[outcome] ?? 'unknown',
      reason: reason as ReasonCode,
      digest,
      atMs,
      tookMs,
      steps: STEPS.map((name, index) => ({ name, ms: times[index] ?? 0 })),
    }),
  );
}
