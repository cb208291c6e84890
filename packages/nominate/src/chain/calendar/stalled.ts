import { type Fact, known } from '../../facts/fact.ts';
import type { CalendarFacts } from '../calendar-facts.ts';

/** How the active era stands against its length. */
export interface EraPace {
  readonly sessions: number;
  readonly due: number;
  readonly overdueMs: number;
  readonly stalled: boolean;
}

/**
 * Whether the active era lasts so long that the chain has to be taken for standing still: half as long again as it should, and never less than
 * two sessions. Pure.
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
