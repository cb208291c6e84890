import { goRandoms } from '../go-random/index.ts';
import { type Window, windowIndex } from '../window.ts';
import type { ActionName } from './actions.ts';
import { actionsChecklist, heartbeatDraw } from './checklist.ts';
import { type Era, type EraSchedule, eraAt } from './eras.ts';
import { shuffleSorted } from './leader.ts';
import { type Rfc12Group, seatsOf, uniqueOperators } from './operators.ts';
import { coordinationSeed, drawSeed } from './seed.ts';
import { type Rfc12Times, rfc12Times } from './windows.ts';

/**
 * Everything that a node of a group computes about a window from the chain, with the intermediate results.
 */
export interface Plan {
  readonly window: Window;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** The first 8 bytes of the seed as a signed integer: what both draws begin with. */
  readonly drawSeed: bigint;
  /** Each operator once, sorted as text. */
  readonly operators: readonly string[];
  /** The same, shuffled: the first one leads. */
  readonly order: readonly string[];
  readonly leader: string;
  /** The seat through which the leader must speak: its first. */
  readonly leaderSeat: number;
  readonly era: Era;
  /** From [0, 1). */
  readonly heartbeatDraw: number;
  /** Most urgent first. Followers also allow a noop. */
  readonly checklist: readonly ActionName[];
}

/** The block whose hash goes into the seed of a window. */
export function safeBlock(window: Window, { safeBlockShift }: Rfc12Times = rfc12Times()): bigint {
  return window.block - safeBlockShift;
}

/** Plans windows of one group. `blockHash` is that of {@link safeBlock}. */
export type Planner = (window: Window, blockHash: Uint8Array) => Plan;

/**
 * A planner for a group. Throws a RangeError if the group is empty. The planner throws one if a window is not
 * a window of RFC 12, or if a hash has another length.
 */
export function plannerFor(
  group: Rfc12Group,
  eras: EraSchedule,
  { windows }: Rfc12Times = rfc12Times(),
): Planner {
  const operators = uniqueOperators(group.operators);
  if (operators.length === 0) throw new RangeError('a group must have at least one seat');
  const firstSeats = new Map(operators.map((operator) => [operator, seatsOf(group, operator)[0] ?? 0]));
  return (window, blockHash) => {
    if (windowIndex(windows, window.block) === 0n) {
      throw new RangeError(`invalid coordination block ${window.block}`);
    }
    const seed = coordinationSeed(group.keyHash, blockHash);
    const start = drawSeed(seed);
    // Each draw starts again from the same seed: a flaw of RFC 12, but part of its rules.
    const fresh = goRandoms(start);
    const order = shuffleSorted(fresh(), operators);
    const leader = order[0] ?? '';
    const era = eraAt(eras, window.block);
    const draw = heartbeatDraw(fresh());
    return {
      window,
      seed,
      drawSeed: start,
      operators,
      order,
      leader,
      leaderSeat: firstSeats.get(leader) ?? 0,
      era,
      heartbeatDraw: draw,
      checklist: actionsChecklist(era, window.index, draw),
    };
  };
}

/** The plan of one window; see {@link plannerFor}, which is faster for many. */
export function planWindow(
  group: Rfc12Group,
  window: Window,
  blockHash: Uint8Array,
  eras: EraSchedule,
  times: Rfc12Times = rfc12Times(),
): Plan {
  return plannerFor(group, eras, times)(window, blockHash);
}
