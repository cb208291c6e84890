import { shownTime } from '../checks/show.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

const CHAIN_ROLES = ['staking', 'relay', 'identity'] as const;

/**
 * How old a head may be where nobody says otherwise. Targets are judged by a snapshot of the last 20 minutes, and an endpoint is left for
 * another one when its head is 10 minutes old: facts at the end of both are not old, and those beyond were not read from a living chain.
 */
export const OLDEST_HEAD_MS = 30 * 60_000;

/**
 * Why the chains of a snapshot cannot be taken for what they are at `nowMs`: a head is older than `oldestMs`, or says no time, which is
 * not fresh either. Null where they can, and where there is no bound. A role that could not be read has no head, and no facts.
 */
export function oldHeads(
  { sources }: Pick<Snapshot, 'sources'>,
  nowMs: number,
  oldestMs: number | null,
): string | null {
  if (oldestMs === null) return null;
  const problems = CHAIN_ROLES.flatMap((role) => {
    const source = sources[role];
    if (source === undefined || source.block === null) return [];
    if (source.timeless === true) return [`the head of ${role} says no time`];
    const ageMs = nowMs - source.atMs;
    return ageMs > oldestMs ? [`the head of ${role} is ${shownTime(ageMs)} old`] : [];
  });
  return problems.length === 0 ? null : problems.join(', ');
}
