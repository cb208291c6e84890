import { goRandom, smallSeed } from '../go-random/index.ts';
import { type Window, windowOf } from '../window.ts';
import { type ActionName, executionBlocks } from './actions.ts';
import type { EraSchedule } from './eras.ts';
import { type Rfc12Group, seatsOf } from './operators.ts';
import { type Plan, planWindow, safeBlock } from './plan.ts';
import { RFC12_WINDOWS } from './windows.ts';

/** Everything about a window that can be computed by hand, in the order in which it is. */
export interface Explanation {
  readonly window: Window;
  /** Whose hash feeds the seed. */
  readonly safeBlock: bigint;
  readonly plan: Plan;
  /** The 31 bits of the draw seed that the generator keeps. */
  readonly generatorSeed: number;
  /** The swaps of the shuffle, in their order; places count from 0. */
  readonly swaps: readonly { readonly i: number; readonly j: number }[];
  readonly leaderSeats: readonly number[];
  /** For each action of the checklist when it would run. */
  readonly executions: readonly {
    readonly action: ActionName;
    readonly startBlock: bigint;
    readonly expiryBlock: bigint;
  }[];
}

/** Explain the window of an index; `blockHash` is that of its safe block. Throws like `planWindow`. */
export function explainWindow(
  group: Rfc12Group,
  index: bigint,
  blockHash: Uint8Array,
  eras: EraSchedule,
): Explanation {
  const window = windowOf(RFC12_WINDOWS, index);
  const plan = planWindow(group, window, blockHash, eras);
  const swaps: { i: number; j: number }[] = [];
  goRandom(plan.drawSeed).shuffle(plan.operators.length, (i, j) => swaps.push({ i, j }));
  const executions = plan.checklist.flatMap((action) => {
    const blocks = executionBlocks(action, window.end);
    return blocks === null ? [] : [{ action, ...blocks }];
  });
  return {
    window,
    safeBlock: safeBlock(window),
    plan,
    generatorSeed: smallSeed(plan.drawSeed),
    swaps,
    leaderSeats: seatsOf(group, plan.leader),
    executions,
  };
}
