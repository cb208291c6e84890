import type { OperatorKey } from '../../keys/port.ts';
import { verifySignature } from '../../keys/verify.ts';
import { MAX_BLOCKS } from '../../quorum/limits.ts';
import type { Value, Vote } from '../../quorum/messages.ts';
import { HAND_OVER } from '../../quorum/self.ts';
import { verifyOnce } from '../../quorum/verify-once.ts';
import type { Later } from '../agenda.ts';
import { type GroupSetup, hash, versionOf, WINDOWS } from '../group-setup.ts';
import type { SimMember } from '../member.ts';
import type { NetworkCondition } from '../network-conditions.ts';
import type { Prng } from '../prng.ts';
import type { SimulatedChain } from '../simulated-chain.ts';

/** A change of members: the old group hands its resource over to a new one, and both run all the time. */
export interface SuccessionOptions {
  readonly seed: string;
  readonly windows: number;
  /** The new group acts without the hand-over. */
  readonly control?: 'no-hand-over';
}

export type Side = 'old' | 'new';

/** Operators by seat. The fourth one is Byzantine in both groups; one leaves, and one joins. */
export const SEATS: Readonly<Record<Side, readonly number[]>> = { old: [0, 1, 2, 3], new: [0, 1, 4, 3] };
export const BYZANTINE_SEAT = 3;
export interface Lease {
  readonly side: Side;
  readonly window: bigint;
  readonly digest: string;
  readonly from: bigint;
  readonly until: bigint;
}

/** One group of the run. The condition changes from slot to slot. */
export interface Half {
  readonly side: Side;
  readonly setup: GroupSetup;
  readonly members: SimMember[];
  /** By `window/rank/digest`, then by seat. */
  readonly commits: Map<string, Map<number, Vote>>;
  readonly values: Map<string, Value>;
  condition: NetworkCondition;
}

export interface World {
  readonly options: SuccessionOptions;
  readonly prng: Prng;
  readonly later: Later;
  readonly chain: SimulatedChain;
  readonly halves: Readonly<Record<Side, Half>>;
  readonly leases: Lease[];
  /** By seat of the old group. */
  readonly approvedFrom: readonly bigint[];
  /** By seat of the new group; null before the member adopted. */
  readonly heldFrom: (bigint | null)[];
  readonly found: {
    committed: bigint | null;
    handedOver: bigint | null;
    violations: string[];
    crashes: number;
  };
}

/** A group of the run, with the keys of its operators. */
export function setupOf(all: readonly OperatorKey[], side: Side, predecessor: Uint8Array | null): GroupSetup {
  const keys = SEATS[side].flatMap((operator) => all[operator] ?? []);
  const first = versionOf(1);
  const cadence = { kind: 'every', windows: 1n, offset: 0n } as const;
  const handOver = { action: HAND_OVER, cadence, validityBlocks: MAX_BLOCKS, parameters: '{}' };
  return {
    group: {
      ...{ name: side, genesis: hash('genesis'), resource: 'stage', windows: WINDOWS },
      members: keys.map(({ scheme, publicKey }, seat) => ({ name: `m${seat}`, scheme, publicKey })),
      ...(predecessor === null ? {} : { predecessor }),
    },
    keys,
    honest: [0, 1, 2],
    byzantine: [BYZANTINE_SEAT],
    schedule: [{ ...first, agenda: [handOver, ...first.agenda] }],
    verify: verifyOnce(verifySignature, 100_000),
  };
}
