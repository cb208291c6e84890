import type { Bounds } from './bounds.ts';
import type { Claim } from './claim.ts';
import type { Part } from './duties.ts';
import { entryHash, type LedgerEntry } from './entry.ts';
import { type Enter, leftoversAfter, type Mark, type PartGrant, type RecentUnit, withUnit } from './mark.ts';
import { meaningOf } from './meaning.ts';
import type { DutyPolicy, Policy } from './policy.ts';
import type { DenialCode, GrantCode, UnknownCode } from './reasons.ts';

/** The service's own facts that an entry records. */
export interface Attempt {
  readonly ledger: string;
  readonly epoch: string;
  /** Drawn for each transaction attempt by the service, never by the claimant. */
  readonly nonce: string;
  readonly service: string;
  readonly atMs: number;
}

export type Decision =
  /**
   * Run a transaction that writes `next`, or one that only compares if `next` is null, as it is for most
   * repeats. Reply only after the last entry of the mark is durable.
   */
  | { readonly outcome: 'grant'; readonly reason: GrantCode; readonly next: Mark | null }
  | { readonly outcome: 'deny'; readonly reason: DenialCode; readonly detail: string }
  | { readonly outcome: 'unknown'; readonly reason: UnknownCode; readonly detail: string };

/** Everything that one decision is made of, once rule 1 has passed. */
export interface Case {
  readonly policy: Policy;
  readonly dutyPolicy: DutyPolicy;
  readonly mark: Mark;
  readonly claim: Claim;
  readonly bounds: Bounds;
  readonly attempt: Attempt;
}

export function deny(reason: DenialCode, detail: string): Decision {
  return { outcome: 'deny', reason, detail };
}

/** An answer for a unit that cannot be compared with a bound. */
export function unbounded(why: string): Decision {
  return { outcome: 'unknown', reason: 'ceiling-unknown', detail: why };
}

export function enterOf({ claim, attempt }: Case): Enter {
  return { nonce: attempt.nonce, incarnation: claim.owner.incarnation };
}

export function granted(claim: Claim, nonce: string): readonly PartGrant[] {
  const signed = claim.parts.filter((part): part is Part => part !== 'enter');
  return signed.map((part) => ({ part, digest: claim.digest, nonce }));
}

export function leaves(): Decision {
  return deny('below-window', 'the unit would leave the mark at once');
}

/** Rule 5: put the unit into the mark, unless it would leave at once. */
export function write(at: Case, entry: RecentUnit, reason: GrantCode): Decision {
  const { policy, dutyPolicy, mark, claim, attempt } = at;
  const window = withUnit(mark.floor, mark.recent, entry, dutyPolicy.window);
  if (!window.recent.includes(entry)) return leaves();
  const last: LedgerEntry = {
    kind: 'grant',
    ledger: attempt.ledger,
    epoch: attempt.epoch,
    chain: claim.chain,
    key: claim.key,
    duty: claim.duty.name,
    seq: mark.seq + 1n,
    prev: mark.lastHash,
    unit: claim.unit,
    parts: claim.parts,
    digest: claim.digest,
    owner: claim.owner,
    term: claim.term,
    nonce: attempt.nonce,
    service: attempt.service,
    policyVersion: policy.versionId,
    window: dutyPolicy.window,
    atMs: attempt.atMs,
    note: '',
  };
  const next: Mark = {
    epoch: mark.epoch,
    ...window,
    seq: last.seq,
    last,
    lastHash: entryHash(last),
    meaning: meaningOf(policy),
    adoption: mark.adoption,
    leftovers: leftoversAfter(claim.duty, mark, window.recent),
  };
  return { outcome: 'grant', reason, next };
}
