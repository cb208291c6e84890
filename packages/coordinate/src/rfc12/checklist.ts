import type { GoRandom } from '../go-random/index.ts';
import type { ActionName } from './actions.ts';
import type { Era } from './eras.ts';

/**
 * The number in [0, 1) that decides whether a heartbeat is due: the first one of a fresh generator with the
 * draw seed.
 */
export function heartbeatDraw(random: GoRandom): number {
  return random.float64();
}

/** The actions to look for in a window, most urgent first. Empty for index 0, which is not a window. */
export function actionsChecklist(era: Era, windowIndex: bigint, heartbeat: number): readonly ActionName[] {
  if (windowIndex < 1n) return [];
  const due = era.cadence.flatMap(({ action, everyWindows }) =>
    windowIndex % everyWindows === 0n ? [action] : [],
  );
  return heartbeat < era.heartbeatProbability ? [...due, 'heartbeat'] : due;
}
