import type { World } from '../world/world.ts';
import { grantedBelowBase } from './bases.ts';
import { grantedUnderOldEpoch } from './epochs.ts';
import { fallenFloor } from './floors.ts';
import { ledgerGap } from './ledger.ts';
import type { Oracle, Violation } from './oracle.ts';
import { deniedByBase, grantedAheadOfBlocks, grantedPastUnit } from './past-units.ts';
import { brokenPromise } from './promises.ts';
import { grantedToRemoved, grantedWhileFrozen } from './rosters.ts';
import { grantedAfterClockStep, grantedAfterFork, grantedInLostSession, toldAfterDrop } from './sessions.ts';
import { adoptedBelowWord, grantedWhileBehind } from './store-behind.ts';
import { readsTooOften } from './storm.ts';
import { grantedWithoutCompare } from './transactions.ts';
import { deniedVote } from './votes.ts';
import { grantedAgainstWord, heardForgedWord } from './words.ts';

export const ORACLES: readonly Oracle[] = [
  brokenPromise,
  fallenFloor,
  grantedWithoutCompare,
  grantedInLostSession,
  toldAfterDrop,
  grantedAfterClockStep,
  grantedAfterFork,
  grantedAgainstWord,
  heardForgedWord,
  grantedWhileBehind,
  adoptedBelowWord,
  grantedToRemoved,
  grantedWhileFrozen,
  grantedBelowBase,
  grantedPastUnit,
  grantedAheadOfBlocks,
  deniedByBase,
  deniedVote,
  grantedUnderOldEpoch,
];

/** The first promise of safety that the run broke, or null. */
export function judge(world: World): Violation | null {
  const events = world.history.events();
  for (const oracle of ORACLES) {
    const found = oracle(events, world.plan);
    if (found !== null) return found;
  }
  return ledgerGap(world) ?? readsTooOften(world);
}
