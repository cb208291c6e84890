import { type DecisionRecord, REASONS } from '../../service/index.ts';
import { EXPECTED_REFUSALS } from './cells.ts';

/** Denials by reason: unexpected ones first, then the newest. Takes them newest first. */
export function denialsOf(decisions: readonly DecisionRecord[]) {
  const groups = [...Map.groupBy(decisions, ({ reason }) => reason)].map(([reason, some]) => {
    const { summary, remedy } = REASONS[reason as keyof typeof REASONS] ?? { summary: reason, remedy: '' };
    const nodes = [...new Set(some.map(({ node }) => node))].sort();
    const lastMs = Math.max(...some.map(({ atMs }) => atMs));
    return {
      reason,
      count: some.length,
      /** Unix milliseconds of the newest one. */
      lastMs,
      nodes,
      /** A standby gets them while the active node signs. */
      isExpected: EXPECTED_REFUSALS.has(reason),
      summary,
      remedy,
    };
  });
  return groups.sort((a, b) => Number(a.isExpected) - Number(b.isExpected) || b.lastMs - a.lastMs);
}
