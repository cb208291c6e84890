import type { Schedule } from './chain.ts';

/** A unit that an identity owes, by the schedule alone. */
export interface DueUnit {
  readonly key: string;
  readonly duty: 'babe' | 'grandpa';
  readonly unit: string;
  /** Every one of these must be signed. */
  readonly parts: readonly string[];
  readonly startMs: number;
  /** Signed later than this is missed. */
  readonly deadlineMs: number;
}

/** The time over which duties count: from the first moment all validators are up until they are stopped. */
export interface CountingWindow {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Everything due inside the window: a unit counts when it begins at or after the start of the window and its
 * deadline lies at or before the end. A BABE slot that the identity won is one duty (deadline: end of the
 * slot); a GRANDPA round is one duty of every identity (prevote and precommit; deadline: end of the next
 * round).
 */
export function dueUnits(schedule: Schedule, window: CountingWindow): readonly DueUnit[] {
  return [...dueSlots(schedule, window), ...dueRounds(schedule, window)];
}

function dueSlots(schedule: Schedule, window: CountingWindow): readonly DueUnit[] {
  const { slotMs, authorities } = schedule.spec;
  const due: DueUnit[] = [];
  for (let slot = Math.ceil(window.fromMs / slotMs); (slot + 1) * slotMs <= window.untilMs; slot++) {
    for (const [authority, key] of authorities.entries()) {
      if (!schedule.isAuthor(slot, authority)) continue;
      const startMs = schedule.slotStartMs(slot);
      const deadlineMs = startMs + slotMs;
      due.push({ key, duty: 'babe', unit: String(slot), parts: ['seal'], startMs, deadlineMs });
    }
  }
  return due;
}

function dueRounds(schedule: Schedule, window: CountingWindow): readonly DueUnit[] {
  const due: DueUnit[] = [];
  let round = schedule.roundAt(window.fromMs);
  if (round.startMs < window.fromMs) round = schedule.nextRound(round);
  for (; schedule.voteDeadlineMs(round) <= window.untilMs; round = schedule.nextRound(round)) {
    for (const key of schedule.spec.authorities) {
      const unit = `${round.set}/${round.round}`;
      const parts = ['prevote', 'precommit'];
      const deadlineMs = schedule.voteDeadlineMs(round);
      due.push({ key, duty: 'grandpa', unit, parts, startMs: round.startMs, deadlineMs });
    }
  }
  return due;
}
