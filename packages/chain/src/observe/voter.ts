/** Set id and round, both from one reading of a node's voter. */
export interface VoterReading {
  readonly setId: bigint;
  readonly round: bigint;
}

/** A reading, and whether the round is known to be one of that set. */
export interface SeenVoter extends VoterReading {
  readonly sure: boolean;
}

/**
 * The set id changes before the voter restarts, so a reading may show a late round of the old set under the
 * new id. Such a report would allow rounds of the new set that are far ahead. Two equal readings prove
 * nothing: the old voter may be stuck. The round belongs to the set in these cases:
 *
 * - the set is the first one, which follows no other;
 * - an earlier reading was certain about the same set: a voter stays in its set until the next one begins;
 * - the round went back, within the set or from the set before: the voter was restarted;
 * - `finalizedBy` is the set: that set finalised the node's finalised head, which was read before the voter,
 *   and the voter that finalises under a set is the set's own.
 *
 * A set id that is lower than before (a database that went back) begins anew.
 */
export function judgeVoter(
  before: SeenVoter | null,
  reading: VoterReading,
  finalizedBy: bigint | null,
): SeenVoter {
  const { setId } = reading;
  const known = before?.sure === true && before.setId === setId;
  const sure = setId === 0n || known || restarted(before, reading) || finalizedBy === setId;
  return { ...reading, sure };
}

/**
 * After a change of the set, the reading of the set before it must have been certain. Otherwise this may be
 * the restart into an older set.
 */
function restarted(before: SeenVoter | null, { setId, round }: VoterReading): boolean {
  if (before === null || round >= before.round) return false;
  return before.setId === setId || (before.sure && before.setId + 1n === setId);
}

/**
 * A round up to this is reported even if its set is not certain: for the new set it is too high by this much
 * at most.
 */
const HARMLESS_ROUND = 16n;

/** Whether the reading may bound how far ahead others may go. */
export function mayBeTold({ sure, round }: SeenVoter): boolean {
  return sure || round <= HARMLESS_ROUND;
}
