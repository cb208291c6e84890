import { type Fact, known } from '../../facts/fact.ts';
import type { CalendarFacts } from '../calendar-facts.ts';

/** The age of the active era, compared with its length. */
export interface EraPace {
  readonly sessions: number;
  readonly due: number;
  readonly overdueMs: number;
  readonly stalled: boolean;
}

/**
 * Whether the active era has lasted so long that the chain is considered stalled: one and a half times its
 * length, and at least two sessions. Pure.
 */
export function eraPace({ firstSession, sessionsPerEra, clock }: CalendarFacts): Fact<EraPace> {
  if (!firstSession.known) return firstSession;
  if (!sessionsPerEra.known) return sessionsPerEra;
  if (!clock.known) return clock;
  const { session, slot, startSlot, slotsPerSession, slotMs } = clock.value;
  const sessions = session - firstSession.value;
  const due = Math.max(1, sessionsPerEra.value);
  const overdue = sessions - due;
  const overdueSlots = overdue < 0 ? 0 : overdue * slotsPerSession + (slot - startSlot);
  return known(
    { sessions, due, overdueMs: overdueSlots * slotMs, stalled: overdue >= Math.max(2, Math.ceil(due / 2)) },
    'staking',
  );
}
