import type { ActionName } from './actions.ts';

/** How checklists are made for a stretch of the chain. */
export interface Era {
  readonly name: string;
  /** In order of priority: an action, which is due in windows whose index is a multiple of the number. */
  readonly cadence: readonly { readonly action: ActionName; readonly everyWindows: bigint }[];
  /** A heartbeat is added if a number drawn from [0, 1) is below this. */
  readonly heartbeatProbability: number;
}

function era(name: string, sweeps: bigint, movingFunds: bigint, heartbeatProbability: number): Era {
  return {
    name,
    cadence: [
      { action: 'redemption', everyWindows: 1n },
      { action: 'deposit-sweep', everyWindows: sweeps },
      { action: 'moved-funds-sweep', everyWindows: sweeps },
      { action: 'moving-funds', everyWindows: movingFunds },
    ],
    heartbeatProbability,
  };
}

/** The first release with checklists. */
export const ERA_2023_11 = era('2023-11', 16n, 16n, 0.125);
/** Half as many heartbeats, because many wallets at once overloaded their machines (keep-core #3759). */
export const ERA_2023_12 = era('2023-12', 16n, 16n, 0.0625);
/** Sweeps each 12 hours instead of 48 (keep-core #3804). */
export const ERA_2024_04 = era('2024-04', 4n, 4n, 0.0625);
/** Sweeps in every window; moving funds as before (keep-core #3864). The first change that came by height. */
export const ERA_2026 = era('2026', 1n, 4n, 0.0625);

/** Which era holds from which coordination block on; ascending, the first from 0. */
export type EraSchedule = readonly { readonly fromBlock: bigint; readonly era: Era }[];

/**
 * Ethereum mainnet. The first three eras came with releases, so no height divides them: a caller that replays
 * windows before April 2024 names the release of the group.
 */
export const MAINNET_ERAS: EraSchedule = [
  { fromBlock: 0n, era: ERA_2024_04 },
  { fromBlock: 24_559_289n, era: ERA_2026 },
];

/** The era of a coordination block. Throws a RangeError if the schedule has none for it. */
export function eraAt(schedule: EraSchedule, block: bigint): Era {
  const found = schedule.findLast(({ fromBlock }) => fromBlock <= block);
  if (found === undefined) throw new RangeError(`the schedule has no era for block ${block}`);
  return found.era;
}
