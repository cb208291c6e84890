import {
  type Claim,
  type DenialCode,
  type GrantCode,
  type LedgerPoint,
  type Mark,
  type Outcome,
  pointOf,
  type ReasonCode,
  type UnknownCode,
} from '../../rule/index.ts';
import type { Head, SessionState } from '../contract.ts';
import type { UnitStep } from '../shapes/units.ts';

/** The answer to a claim. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly detail: string;
  /** The position of the mark: head and word of the reply are made of it. */
  readonly point: LedgerPoint | null;
  readonly watch: { readonly holder: string | null; readonly term: string } | null;
  /** The time of each step; absent before the claim is answered, and if no engine decided it. */
  readonly steps?: readonly UnitStep[];
}

/** The form in which the position of a mark travels. */
export function headOf({ epoch, seq, hash }: LedgerPoint): Head {
  return { epoch, seq: seq.toString(), hash };
}

export function granted(reason: GrantCode, mark: Mark, watch: Verdict['watch']): Verdict {
  return { outcome: 'granted', reason, detail: '', point: pointOf(mark), watch };
}

export function denied(reason: DenialCode, detail: string, mark: Mark | null = null): Verdict {
  const point = mark === null ? null : pointOf(mark);
  return { outcome: 'denied', reason, detail, point, watch: null };
}

export function unknown(reason: UnknownCode, detail: string): Verdict {
  return { outcome: 'unknown', reason, detail, point: null, watch: null };
}

/**
 * The answer while the store may be behind. A vote that is refused stops a node, so a part of an entered unit
 * is answered `unknown`: another service may know better.
 */
export function doubted(claim: Pick<Claim, 'duty' | 'parts'>, detail: string): Verdict {
  return isEnteredPart(claim) ? unknown('session-checking', detail) : denied('store-behind', detail);
}

export function isEnteredPart(claim: Pick<Claim, 'duty' | 'parts'>): boolean {
  return claim.duty.parts.includes('enter') && !claim.parts.includes('enter');
}

/** A session, as far as it explains why the service denies now. */
export interface NotServing {
  state(): SessionState;
  detail(): string;
  storeFault(): string | null;
}

/** The answer of a service that may not grant now. The reason follows the cause: a store that is down. */
export function notServing(session: NotServing, claim: Pick<Claim, 'duty' | 'parts'>): Verdict {
  const [state, detail] = [session.state(), session.detail()];
  const down = state === 'checking' ? session.storeFault() : null;
  if (down !== null) return unknown('store-unavailable', down);
  if (state === 'draining' || state === 'stopped') return unknown('draining', detail);
  if (state === 'starting') return unknown('store-unavailable', detail);
  if (isEnteredPart(claim)) return unknown('session-checking', detail);
  if (state === 'joining') return denied('no-memory', detail);
  if (state === 'behind') return denied('store-behind', detail);
  return denied('session-lost', detail);
}
