import { type Claim, findRecent, type Mark, type Policy, slotStartMs } from '@watchbill/duty';
import type { CoreContext } from './context.ts';
import { denied, type Verdict } from './verdict.ts';
import type { HeldWatch, WatchBook } from './watchbook.ts';

/** Who should go first. It may deny or delay a claim that the rule would grant, never grant one. */
export type Preference =
  | { readonly kind: 'go'; readonly watch: HeldWatch | null }
  /**
   * Look again at that moment (monotonic), or as soon as the mark or the watch changes; `late` if it never
   * comes.
   */
  | { readonly kind: 'wait'; readonly untilMs: number; readonly late: Verdict | null }
  | { readonly kind: 'deny'; readonly verdict: Verdict };

export interface Asked {
  readonly claim: Claim;
  /** Claims by the original wire protocol carry no term and report no readiness. */
  readonly via: 'claims' | 'original';
  readonly arrivedMs: number;
  /** A watch that was taken for this claim while it waited: its term counts as the claim's. */
  takenTerm: bigint | null;
  /**
   * True once the claim was found to be of the present term and held: if the watch comes to its node, it goes
   * on.
   */
  heldInTerm: boolean;
}

const GO: Preference = { kind: 'go', watch: null };

export async function preferenceOf(
  context: CoreContext,
  watches: WatchBook,
  policy: Policy,
  mark: Mark,
  asked: Asked,
): Promise<Preference> {
  if (asked.claim.parts.includes('enter')) return enterPreference(watches, policy, mark, asked);
  if (findRecent(mark, asked.claim.unit) !== undefined) return GO;
  const unfit = unfitness(watches, policy, mark, asked);
  return unfit ?? standbyDelay(context, watches, policy, asked);
}

function unfitness(watches: WatchBook, policy: Policy, mark: Mark, asked: Asked): Preference | null {
  const { node } = asked.claim.owner;
  if (asked.via === 'original' || !policy.readiness.required) return null;
  const why = watches.unfit(policy, node);
  return why === null ? null : { kind: 'deny', verdict: denied('not-ready', `${node}: ${why}`, mark) };
}

/** A standby's claim waits until its delay has passed since the unit became due. */
function standbyDelay(context: CoreContext, watches: WatchBook, policy: Policy, asked: Asked): Preference {
  const { clock } = context.parts;
  if (policy.roster.length === 1) return GO;
  const holder = watches.holder(policy);
  const live = watches.holderLive(policy);
  const ranked = [...policy.roster].sort((a, b) => a.rank - b.rank).map((node) => node.name);
  const others = live ? [holder, ...ranked.filter((name) => name !== holder)] : ranked;
  const place = others.indexOf(asked.claim.owner.node);
  if (place <= 0) return GO;
  const dueInMs = dueMs(policy, asked, clock.nowMs(), clock.monotonicMs()) + place * policy.standbyDelayMs;
  if (dueInMs <= clock.monotonicMs()) return GO;
  return { kind: 'wait', untilMs: dueInMs, late: null };
}

/**
 * When the unit became due, on the monotonic clock: the slot's start by the wall clock, else when it was
 * first asked for.
 */
function dueMs(policy: Policy, asked: Asked, nowMs: number, monotonicMs: number): number {
  const [slot] = asked.claim.unit;
  if (asked.claim.duty.ceiling !== 'clock' || slot === undefined) return asked.arrivedMs;
  return monotonicMs + (slotStartMs(policy.ceilings, slot) - nowMs);
}

async function enterPreference(
  watches: WatchBook,
  policy: Policy,
  mark: Mark,
  asked: Asked,
): Promise<Preference> {
  const { claim } = asked;
  const { node } = claim.owner;
  if (asked.via === 'original') await watches.signOfLife(policy, node);
  const held = await watches.read(policy.chain, policy.key);
  const { holder, relief } = held.record;
  const term = BigInt(held.record.term);
  const isNew = findRecent(mark, claim.unit) === undefined;
  const unfit = isNew ? unfitness(watches, policy, mark, asked) : null;
  if (unfit !== null) return unfit;
  if (holder === node && asked.heldInTerm) asked.takenTerm = term;
  const askedTerm = asked.via === 'original' ? term : (asked.takenTerm ?? claim.term ?? -1n);
  if (askedTerm !== term) {
    const detail = `the claim was made under term ${askedTerm}, the watch is at term ${term}`;
    return { kind: 'deny', verdict: denied('watch-moved', detail, mark) };
  }
  if (holder === node) {
    if (relief === null || relief === node || !isNew) return { kind: 'go', watch: held };
    return {
      kind: 'deny',
      verdict: denied('off-watch', `the watch is being handed over to ${relief}`, mark),
    };
  }
  const off = denied('off-watch', `${holder ?? 'nobody'} is on watch`, mark);
  if (asked.via === 'original') return { kind: 'deny', verdict: off };
  asked.heldInTerm = true;
  if (await watches.tryTake(policy, node)) return enterPreference(watches, policy, mark, asked);
  return { kind: 'wait', untilMs: Number.POSITIVE_INFINITY, late: off };
}
