import type { Run } from './facts.ts';
import type { DecisionParts } from './parts.ts';

/**
 * Keeps an author's key away until the clock is above a slot. Returns the mark: that slot, or a higher one of
 * before. Durable when it returns. Throws if the mark cannot be written.
 */
export function raiseMark({ marks }: Pick<DecisionParts, 'marks'>, run: Run, slot: bigint): bigint {
  run.own = false;
  if (run.mark !== null && run.mark >= slot) return run.mark;
  // In memory first: it only refuses, also if the disk fails.
  run.mark = slot;
  marks.write(slot);
  return slot;
}
