import {
  findRecent,
  type Mark,
  namesByRank,
  type Policy,
  slotOfRelayParent,
  slotStartMs,
} from '../../rule/index.ts';
import { denied, type Verdict } from '../ground/verdict.ts';
import type { Moment } from '../session/state.ts';
import type { Asked, ClaimUnderWay, Standing } from './asked.ts';

/**
 * The node that should go first: protocol section 5. It may deny or delay a claim that the rule would grant,
 * never grant one.
 */
export type Preference = { readonly kind: 'go' } | { readonly kind: 'deny'; readonly verdict: Verdict };

export type PartPreference =
  | Preference
  /** Look again at that moment (monotonic), or as soon as the mark or the watch changes. */
  | { readonly kind: 'wait'; readonly untilMs: number };

export type EnterPreference =
  | Preference
  /** Another node is active: take the watch if that node is gone, else wait; `late` if it never comes. */
  | { readonly kind: 'take'; readonly late: Verdict };

const GO: Preference = { kind: 'go' };

function deny(...given: Parameters<typeof denied>) {
  return { kind: 'deny', verdict: denied(...given) } as const;
}

/** For a claim that enters nothing: a standby waits for its delay, a node that is not ready is denied. */
export function partPreference(
  asked: Asked,
  policy: Policy,
  mark: Mark,
  standing: Standing,
  at: Moment,
): PartPreference {
  if (findRecent(mark, asked.claim.unit) !== undefined) return GO;
  return (
    slotOfAnother(asked, mark) ??
    unreadiness(asked, policy, mark, standing) ??
    standbyDelay(asked, policy, standing, at)
  );
}

/**
 * For an `enter`: it belongs to the active node, under the present term. A gate abstains from a whole round
 * that it may not enter. So the active node enters although it is not ready, if no other node is: when a
 * network begins again after a stall, each node has heard no other for a while, and the next round needs
 * their votes.
 */
export function enterPreference(
  { asked, wanted }: Pick<ClaimUnderWay, 'asked' | 'wanted'>,
  policy: Policy,
  mark: Mark,
  standing: Standing,
): EnterPreference {
  const { claim, via } = asked;
  const { node } = claim.owner;
  const { holder, relief } = standing.record;
  const term = BigInt(standing.record.term);
  const isNew = findRecent(mark, claim.unit) === undefined;
  const mayPass = holder === node && !standing.otherReady;
  const unready = isNew && !mayPass ? unreadiness(asked, policy, mark, standing) : null;
  if (unready !== null) return unready;
  const askedTerm = via === 'original' ? term : (wanted.term ?? -1n);
  if (askedTerm !== term)
    return deny(
      'watch-moved',
      `the claim was made under term ${askedTerm}, the watch is at term ${term}`,
      mark,
    );
  if (holder === node) {
    if (relief === null || relief === node || !isNew) return GO;
    return deny('off-watch', `the watch is being handed over to ${relief}`, mark);
  }
  const off = deny('off-watch', `${holder ?? 'no node'} is active`, mark);
  return via === 'original' ? off : { kind: 'take', late: off.verdict };
}

/**
 * On a parachain, a fork of the relay chain makes a second unit of the same slot. The machine that has one of
 * these units has the whole slot. Otherwise two machines that see different forks would build on each other's
 * blocks.
 */
function slotOfAnother({ claim }: Asked, mark: Mark): Preference | null {
  if (!slotOfRelayParent(claim.duty)) return null;
  const [slot] = claim.unit;
  const taken = mark.recent.find(({ unit, owner }) => unit[0] === slot && owner.node !== claim.owner.node);
  return taken === undefined ? null : deny('unit-taken', `slot ${slot} belongs to ${taken.owner.node}`, mark);
}

function unreadiness({ claim, via }: Asked, policy: Policy, mark: Mark, standing: Standing) {
  if (via === 'original' || !policy.readiness.required || standing.unfit === null) return null;
  return deny('not-ready', `${claim.owner.node}: ${standing.unfit}`, mark);
}

/** A standby's claim waits until its delay has passed since the unit became due. */
function standbyDelay(asked: Asked, policy: Policy, standing: Standing, at: Moment): PartPreference {
  if (policy.roster.length === 1) return GO;
  const { holder } = standing.record;
  const ranked = namesByRank(policy);
  const order = standing.holderLive ? [holder, ...ranked.filter((name) => name !== holder)] : ranked;
  const place = order.indexOf(asked.claim.owner.node);
  if (place <= 0) return GO;
  const untilMs = dueMs(asked, policy, at) + place * policy.standbyDelayMs;
  return untilMs <= at.monotonicMs ? GO : { kind: 'wait', untilMs };
}

/**
 * The moment when the unit became due, on the monotonic clock: the slot's start by the wall clock, else the
 * arrival of the claim. If the unit names a relay parent, its slot may be over before any machine can build
 * the block.
 */
function dueMs({ claim, arrivedMs }: Asked, policy: Policy, at: Moment): number {
  const [slot] = claim.unit;
  if (claim.duty.ceiling !== 'clock' || slot === undefined || slotOfRelayParent(claim.duty)) return arrivedMs;
  return at.monotonicMs + (slotStartMs(policy.ceilings, slot) - at.nowMs);
}
