import type { Retransmission } from '../retransmission.ts';
import type { EraSchedule } from './eras.ts';
import { MAX_FRAMED_BYTES } from './message.ts';
import { groupProblem, operatorAt, type Rfc12Group, seatsOf } from './operators.ts';
import { type Rfc12Times, rfc12Times } from './windows.ts';

/** How a member runs the protocol; the defaults are keep-core's, over the transport of this package. */
export interface Rfc12Settings {
  readonly times: Rfc12Times;
  /**
   * The largest message that the transport carries. A leader sends no larger message and proposes nothing
   * instead.
   */
  readonly maxMessageBytes: number;
  /** When a leader repeats its message: keep-core sends this one with `backoff`. */
  readonly retransmission: Retransmission;
}

const SETTINGS: Rfc12Settings = {
  times: rfc12Times(),
  maxMessageBytes: MAX_FRAMED_BYTES,
  retransmission: 'backoff',
};

/** One operator's place in a group. */
export interface Rfc12Member {
  readonly group: Rfc12Group;
  /** As the group lists it. */
  readonly operator: string;
  /** The seats whose keys this node has, ascending: all seats of the operator, unless a key was lost. */
  readonly localSeats: readonly number[];
  readonly eras: EraSchedule;
  readonly settings: Rfc12Settings;
}

/**
 * A member with all its seats. Throws a RangeError if the group is not valid, or if the operator has no seat
 * in it.
 */
export function memberOf(
  group: Rfc12Group,
  operator: string,
  eras: EraSchedule,
  localSeats: readonly number[] = seatsOf(group, operator),
): Rfc12Member {
  const problem = groupProblem(group);
  if (problem !== null) throw new RangeError(problem);
  if (localSeats.length === 0) throw new RangeError(`the operator ${operator} has no seat in the group`);
  const foreign = localSeats.find((seat) => operatorAt(group, seat) !== operator);
  if (foreign !== undefined) throw new RangeError(`seat ${foreign} is not the operator's`);
  // Copied, so that the member cannot change after the check.
  const own = { keyHash: Uint8Array.from(group.keyHash), operators: [...group.operators] };
  return { group: own, operator, localSeats: localSeats.toSorted((a, b) => a - b), eras, settings: SETTINGS };
}
