import { slotAt } from '../restart/slots.ts';

/**
 * When a key that authors may be given at one opening of its file. Pure; the reasons are in
 * docs/decisions/0048-key-pipe.md.
 */
export interface PipeRule {
  /** A wall clock that is this much behind has stepped back, in milliseconds. */
  readonly backMs: number;
}

export const DEFAULT_PIPE_RULE: PipeRule = { backMs: 20 };

/** Two clocks of one machine at one moment, in milliseconds. */
export interface ClockSample {
  /** Since 1970; may step. */
  readonly wallMs: number;
  /** Never goes back, and no step of the wall clock changes it. */
  readonly monotonicMs: number;
}

/** The highest difference between the two clocks since the last step back; null before the first sample. */
export type ClockLead = number | null;

/** The clock after a sample. */
export interface ClockStep {
  readonly lead: ClockLead;
  /**
   * Null unless the wall clock stepped back: then the highest slot that was possible, that of a clock that
   * had not stepped. No key is given until the slot is above it.
   */
  readonly shutUntil: bigint | null;
}

/** Compares a sample with the samples before it. `slotMs`: milliseconds of a slot. */
export function lookAtClock(
  lead: ClockLead,
  { wallMs, monotonicMs }: ClockSample,
  slotMs: bigint,
  { backMs }: PipeRule,
): ClockStep {
  const now = wallMs - monotonicMs;
  if (lead === null || now >= lead) return { lead: now, shutUntil: null };
  // Small differences are those of reading two clocks; the highest lead is kept, so many of them add up.
  if (lead - now <= backMs) return { lead, shutUntil: null };
  return { lead: now, shutUntil: slotAt(slotMs, monotonicMs + lead + backMs) };
}

/** The state of a pipe at one opening. */
export interface OpeningFacts {
  /** The slot of the wall clock. */
  readonly now: bigint;
  /** The highest slot that a process before this one may have signed; null: there was none. */
  readonly floor: bigint | null;
  /** The durable mark of this process; null while it has none. */
  readonly mark: bigint | null;
  /** Milliseconds since the guard last decided. */
  readonly stoodStillMs: number;
  readonly leaseMs: number;
}

/** Why the key is not given at this opening, for people; null: it is given. */
export function refusalOf({ now, floor, mark, stoodStillMs, leaseMs }: OpeningFacts): string | null {
  if (stoodStillMs > leaseMs) return `the guard was paused for ${Math.round(stoodStillMs)} ms`;
  if (mark === null) return 'no mark of this process is durable';
  if (now > mark) return `slot ${now} is above the durable mark ${mark}`;
  if (floor !== null && now <= floor) return `slot ${now} may be signed already: the mark was ${floor}`;
  return null;
}
