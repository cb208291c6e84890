import type { CalendarFacts } from '../calendar-facts.ts';
import type { ChainReading } from './read-chains.ts';

/** The inputs of the calendar from a reading. */
export function calendarFactsOf({ staking, relay, roles }: ChainReading): CalendarFacts {
  const { active, current, firstSession, forcing } = staking.eras;
  const { block } = roles.relay.source;
  return {
    active,
    current,
    firstSession,
    forcing,
    ...staking.elections,
    clock: relay.clock,
    relayHeight: block?.number ?? null,
  };
}
