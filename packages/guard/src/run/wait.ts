import { awaitVotes } from '../restart/votes.ts';
import type { Run } from './facts.ts';
import type { DecisionParts } from './parts.ts';

type Clocks = Pick<DecisionParts, 'clock' | 'uptimeMs'>;

/** Slow corrections of a clock within one wait stay below this. */
const STEP_MS = 10_000;

/** The wall clock without the time since the boot, in milliseconds: it changes only if the clock is set. */
export const leadMs = ({ clock, uptimeMs }: Clocks): number => clock.nowMs() - uptimeMs();

/** The process before is confirmed dead by now, so the wait for votes begins. */
export function beginWait(parts: Clocks, run: Run): void {
  run.votes = awaitVotes(parts.clock.nowMs(), run.marks.round);
  run.waitLeadMs = leadMs(parts);
}

/**
 * Begins the wait anew if the wall clock was set meanwhile, for example some seconds after the boot: the time
 * of death is one of the wrong clock. The death is confirmed by now as well.
 */
export function holdDeath(parts: Clocks, run: Run): void {
  const steppedMs = Math.abs(leadMs(parts) - run.waitLeadMs);
  if (run.votes.phase === 'waiting' && steppedMs > STEP_MS) beginWait(parts, run);
}
