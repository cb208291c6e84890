import { type Claim, DUTIES, decodeWord, dutyNamed, type LedgerPoint, parseUnit } from '../../rule/index.ts';
import { type ClaimRequest, PermitFault } from '../contract.ts';
import type { LedgerIdentity } from './genesis.ts';

const HEX = /^0x([0-9a-f]{2})*$/;
const CLAIM_ID = /^[A-Za-z0-9_-]{1,64}$/;
const INCARNATION = /^[0-9a-f]{32}$/;
const DECIMAL = /^(0|[1-9][0-9]{0,19})$/;
const U64_MAX = (1n << 64n) - 1n;

/** By the code of the mistake in a claim, of which the service records no part. */
const REMEDIES = {
  'unknown-duty': 'Use one of the duties that the detail lists.',
  'malformed-unit':
    'Write the fields in decimal without leading zeros, joined by `/`, each within its width.',
  'part-not-of-duty': 'Use one of the parts that the detail lists.',
  'digest-length':
    'Send the whole digest of the signed payload, 0x and two hex digits for each byte that the duty binds; if the detail names no digest, send null.',
  malformed: 'Correct the claim; the service recorded no part of it.',
} as const;

/** The word that a claimant holds of the mark. Without one, a claim says nothing about the past. */
export type Said =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'word'; readonly point: LedgerPoint }
  /** A word that this ledger did not write for this mark. */
  | { readonly kind: 'refused'; readonly why: string };

/** Read a claim from its texts. Throws a PermitFault with status 400 before anything touches the store. */
export function parseClaim(
  identity: LedgerIdentity,
  request: ClaimRequest,
  node: string,
): { readonly claim: Claim; readonly said: Said } {
  const duty = dutyNamed(request.duty);
  if (duty === null) {
    const known = DUTIES.map(({ name }) => name).join(', ');
    throw refused('unknown-duty', 400, `duty: ${JSON.stringify(request.duty)} is not one of ${known}`);
  }
  const unit = parseUnit(duty.fields, request.unit);
  if (!unit.ok) throw refused('malformed-unit', 400, `unit: of a ${duty.name} claim: ${unit.why}`);
  if (!duty.parts.includes(request.part)) {
    const parts = duty.parts.join(', ');
    throw refused('part-not-of-duty', 400, `part: ${duty.name} has the parts ${parts}, not ${request.part}`);
  }
  if (!CLAIM_ID.test(request.claimId))
    throw malformed('claimId', 'use 1 to 64 letters, digits, dashes, underscores');
  if (!INCARNATION.test(request.incarnation)) throw malformed('incarnation', 'use 32 lower-case hex digits');
  const digest = readDigest(request, duty.digestBytes);
  const term = readTerm(request);
  const claim: Claim = {
    ledger: request.ledger ?? null,
    // A claimant that names an epoch from before a recovery belongs to this ledger: its word is judged.
    epoch: identity.voided.has(request.epoch ?? '') ? null : (request.epoch ?? null),
    chain: request.chain,
    key: request.key,
    duty,
    unit: unit.unit,
    parts: [request.part],
    digest,
    owner: { node, incarnation: request.incarnation },
    term,
    strictlyIncreasing: false,
  };
  return { claim, said: readSaid(identity, claim, request) };
}

/** Only the proof in a word shows that this ledger wrote what it says. */
function readSaid(identity: LedgerIdentity, claim: Claim, request: ClaimRequest): Said {
  const word = request.word ?? null;
  if (word === null) return { kind: 'nothing' };
  const { chain, key, duty } = claim;
  const parsed = decodeWord(word, { ledger: identity.ledger, chain, key, duty }, identity.wordKey);
  if (parsed.ok) return { kind: 'word', point: parsed.point };
  if (parsed.why === 'malformed') throw malformed('word', 'send it exactly as the last reply had it');
  const other = 'the word is of another ledger';
  const forged = 'the word was not written by this ledger for this mark';
  return { kind: 'refused', why: parsed.why === 'other-ledger' ? other : forged };
}

function readDigest(request: ClaimRequest, digestBytes: number): string | null {
  const digest = request.digest ?? null;
  if (digest === null) return null;
  if (request.part === 'enter')
    throw refused('digest-length', 400, 'digest: enter signs nothing and binds no digest');
  if (digestBytes === 0) throw refused('digest-length', 400, `digest: ${request.duty} binds no digest`);
  if (HEX.test(digest) && digest.length === 2 + 2 * digestBytes) return digest.slice(2);
  const form = `use 0x and ${2 * digestBytes} lower-case hex digits`;
  throw refused('digest-length', 400, `digest: ${request.duty} binds ${digestBytes} bytes: ${form}`);
}

function readTerm(request: ClaimRequest): bigint | null {
  const term = request.term ?? null;
  if (request.part !== 'enter') {
    if (term !== null) throw malformed('term', 'only enter takes a watch term');
    return null;
  }
  if (term === null || !DECIMAL.test(term))
    throw malformed('term', 'enter needs the watch term as decimal text');
  return u64Of('term', term);
}

/** A number of a request. Throws a PermitFault for anything but the decimal text of a u64. */
export function u64Of(name: string, text: string): bigint {
  const value = readU64(text);
  if (value !== null) return value;
  const message = `${name} is not the decimal text of a number below 2^64`;
  throw new PermitFault('number-too-large', 400, message, 'Send a number below 2^64 as decimal text.');
}

/** Null for anything but the decimal text of a u64. */
export function readU64(text: string): bigint | null {
  const value = DECIMAL.test(text) ? BigInt(text) : null;
  return value === null || value > U64_MAX ? null : value;
}

function malformed(where: string, why: string): PermitFault {
  return refused('malformed', 400, `${where}: ${why}`);
}

function refused(code: keyof typeof REMEDIES, status: number, message: string): PermitFault {
  return new PermitFault(code, status, message, REMEDIES[code]);
}
