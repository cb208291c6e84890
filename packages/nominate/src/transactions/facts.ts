import type { Fact } from '../facts/fact.ts';

export interface BlockRef {
  readonly height: bigint;
  /** `0x…`. */
  readonly hash: string;
}

/** One entry of `proxy.announcements` of the signer. */
export interface Announcement {
  readonly real: string;
  readonly callHash: string;
  /** Relay block, as the pallet counts. */
  readonly relayHeight: bigint;
}

/** One entry of `proxy.proxies` of the account on whose behalf the call is made. */
export interface ProxyDefinition {
  readonly delegate: string;
  readonly type: string;
  /** Relay blocks. */
  readonly delay: bigint;
}

export interface Nomination {
  readonly targets: readonly string[];
  readonly submittedIn: number;
}

/** The chain's facts about one intent, all in the state of one finalised block of the staking chain. */
export interface ChainFacts {
  readonly block: BlockRef;
  /** The relay block on which this block was built; the block itself if staking is on the relay chain. */
  readonly relayHeight: Fact<bigint>;
  readonly announcements: Fact<readonly Announcement[]>;
  readonly proxies: Fact<readonly ProxyDefinition[]>;
  /** The nomination of the stash; null if it does not nominate. */
  readonly nomination: Fact<Nomination | null>;
  /** The next nonce of the signer. */
  readonly nonce: Fact<number>;
  /** The balance of the signer for fees, above the existential deposit, in planck. */
  readonly spendable: Fact<bigint>;
  /** The part of it that a deposit can take: pallet-balances counts no hold against locks there. */
  readonly reservable: Fact<bigint>;
}

/** Proxy types that may nominate (`InstanceFilter` of the runtimes). `StakingOperator` may not. */
const NOMINATING_TYPES: readonly string[] = ['Any', 'NonTransfer', 'Staking'];

/** The definition with the shortest delay; null if the delegate may not nominate. */
export function nominatingProxy(
  proxies: readonly ProxyDefinition[],
  delegate: string,
): ProxyDefinition | null {
  const fitting = proxies.filter((one) => one.delegate === delegate && NOMINATING_TYPES.includes(one.type));
  return fitting.reduce<ProxyDefinition | null>(
    (best, one) => (best === null || one.delay < best.delay ? one : best),
    null,
  );
}

/** Whether the chain shows that exactly these targets were set since an era; no, if that era is unknown. */
export function wasNominatedSince(
  nomination: Nomination | null,
  targets: readonly string[],
  since: number | null,
): boolean {
  return (
    since !== null &&
    nomination !== null &&
    nomination.submittedIn >= since &&
    hasTargets(nomination, targets)
  );
}

/** Whether a nomination has these targets, in any order. */
export function hasTargets(nomination: Nomination | null, targets: readonly string[]): boolean {
  if (nomination === null || nomination.targets.length !== targets.length) return false;
  return targets.every((target) => nomination.targets.includes(target));
}
