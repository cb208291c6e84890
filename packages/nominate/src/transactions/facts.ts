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

/** One entry of `proxy.proxies` of the account in whose name the call is made. */
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

/** What a chain says of one intent, all of it in the state of one finalised block of the staking chain. */
export interface ChainFacts {
  readonly block: BlockRef;
  /** The relay block that this block was built on; the block itself where staking lives on the relay. */
  readonly relayHeight: Fact<bigint>;
  readonly announcements: Fact<readonly Announcement[]>;
  readonly proxies: Fact<readonly ProxyDefinition[]>;
  /** Of the stash; null where it does not nominate. */
  readonly nomination: Fact<Nomination | null>;
  /** The next nonce of the signer. */
  readonly nonce: Fact<number>;
  /** What the signer can spend without going below the existential deposit, in planck. */
  readonly spendable: Fact<bigint>;
}

/** Proxy types that may nominate (`InstanceFilter` of the runtimes). `StakingOperator` may not. */
const NOMINATING_TYPES: readonly string[] = ['Any', 'NonTransfer', 'Staking'];

/** The definition by which the delegate nominates soonest; null where it may not nominate. */
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

/** Whether the chain shows that these very targets were set in this era or later. */
export function wasNominatedSince(
  nomination: Nomination | null,
  targets: readonly string[],
  since: number,
): boolean {
  return nomination !== null && nomination.submittedIn >= since && hasTargets(nomination, targets);
}

/** Whether a nomination has these targets, in whatever order. */
export function hasTargets(nomination: Nomination | null, targets: readonly string[]): boolean {
  if (nomination === null || nomination.targets.length !== targets.length) return false;
  return targets.every((target) => nomination.targets.includes(target));
}
