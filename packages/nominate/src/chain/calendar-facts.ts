import type { Fact } from '../facts/fact.ts';
import type { SessionClock } from './relay/session-clock.ts';

/**
 * How a runtime elects. `ahead`: staking on Asset Hub. An era is planned `offsetSessions` before the active
 * one is due to end, and voters are read from that block on (`PlanningEraOffset`). `late`: staking on the
 * relay. The election is held when the last session of an era begins, and voters are read at most
 * `phaseSlots` before (signed and unsigned phase).
 */
export type ElectionForm =
  | { readonly form: 'ahead'; readonly offsetSessions: number }
  | { readonly form: 'late'; readonly phaseSlots: number | null };

/** The inputs of the calendar, all read from the chain. */
export interface CalendarFacts {
  readonly active: Fact<number>;
  readonly current: Fact<number>;
  /** The first session of the active era. */
  readonly firstSession: Fact<number>;
  readonly sessionsPerEra: Fact<number>;
  readonly form: Fact<ElectionForm>;
  /** `NotForcing`, `ForceNew`, `ForceNone`, `ForceAlways`. */
  readonly forcing: Fact<string>;
  /** Whether an election is in progress: its voters were read, or are being read. */
  readonly electing: Fact<boolean>;
  readonly clock: Fact<SessionClock>;
  /** Height of the relay block at which the clock was read; null if it was not read. */
  readonly relayHeight: bigint | null;
}
