import type { ProblemDocument } from '@watchbill/kit/http';
import { type Duty, parseUnit } from '../../../rule/index.ts';
import type { ClaimRequest } from '../../contract.ts';
import { problemOf } from '../problem.ts';

const U64_MAX = (1n << 64n) - 1n;
/** Any decimal of fewer digits fits 64 bits. */
const SURELY_FITS = 20;

/** The checks of a claim beyond its shape: the duty exists, and unit, part and digest fit that duty. */
export function checkClaim(duties: ReadonlyMap<string, Duty>, claim: ClaimRequest): ProblemDocument | null {
  const duty = duties.get(claim.duty);
  if (duty === undefined) {
    return problemOf('unknown-duty', `${claim.duty} is not one of ${[...duties.keys()].join(', ')}`);
  }
  const unit = parseUnit(duty.fields, claim.unit);
  if (!unit.ok) return problemOf('malformed-unit', `the unit of a ${duty.name} claim: ${unit.why}`);
  if (!duty.parts.includes(claim.part)) {
    return problemOf('part-not-of-duty', `${duty.name} has ${duty.parts.join(', ')}, not ${claim.part}`);
  }
  return checkDigest(duty, claim) ?? checkNumbers({ term: claim.term });
}

function checkDigest(duty: Duty, { digest, part }: ClaimRequest): ProblemDocument | null {
  if (digest === null || digest === undefined) return null;
  if (part === 'enter') return problemOf('digest-length', 'enter signs nothing and has no digest');
  if (digest.length === 2 + 2 * duty.digestBytes && duty.digestBytes > 0) return null;
  const had = `${(digest.length - 2) / 2} bytes were sent`;
  return problemOf(
    'digest-length',
    duty.digestBytes === 0
      ? `${duty.name} binds no digest, ${had}`
      : `${duty.name} binds ${duty.digestBytes} bytes, ${had}`,
  );
}

/** Decimal texts of up to 20 digits that may lie above u64. */
export function checkNumbers(
  numbers: Readonly<Record<string, string | null | undefined>>,
): ProblemDocument | null {
  for (const [name, text] of Object.entries(numbers)) {
    if (text === null || text === undefined || text.length < SURELY_FITS) continue;
    if (BigInt(text) > U64_MAX) return problemOf('number-too-large', `${name} does not fit 64 bits`);
  }
  return null;
}
