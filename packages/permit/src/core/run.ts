import type { Claim, Mark } from '@watchbill/duty';
import type { HeldMark } from './marks.ts';
import type { Said } from './parse.ts';
import type { HeldPolicy } from './policies.ts';
import type { Asked } from './preference.ts';
import type { Verdict } from './verdict.ts';
import type { HeldWatch } from './watchbook.ts';

/** A state that a transaction of a claim would write, and the watch it was decided with. */
export interface Attempted {
  readonly next: Mark;
  readonly watch: HeldWatch | null;
}

/** A claim on its way: what was asked, since when, until when, and what it may have written. */
export interface Run extends Asked {
  readonly claim: Claim;
  readonly claimId: string;
  readonly deadlineMs: number;
  /** Generation of the session in which the claim began: protocol section 6. */
  generation: number;
  /** The word or head that the claimant holds of the mark. */
  readonly said: Said;
  /** What the deadline means while the claim is held; null while a step is under way. */
  late: Verdict | null;
  /** Transactions of this claim that may have applied and were not told yet, by their nonce. */
  readonly attempts: Map<string, Attempted>;
  /** Aborts at the deadline or when the claimant is gone. */
  readonly signal: AbortSignal;
}

/** How far one turn at the mark brought a claim. */
export type Step =
  | { readonly kind: 'done'; readonly verdict: Verdict }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly late: Verdict | null }
  /** What the decision rested on has moved: at once, a bounded number of times. */
  | { readonly kind: 'again' }
  /** The store does not answer: after a moment, until the deadline. */
  | { readonly kind: 'pause' };

/** What a transaction rests on and compares. */
export interface Based {
  readonly policy: HeldPolicy;
  readonly held: HeldMark;
  readonly watch: HeldWatch | null;
}

export function done(verdict: Verdict): Step {
  return { kind: 'done', verdict };
}
