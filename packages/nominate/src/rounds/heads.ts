import { shownTime } from '../checks/show.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** A finalised block of a snapshot. */
export interface SnapshotBlock {
  readonly role: (typeof CHAIN_ROLES)[number];
  readonly height: bigint;
  /** Null if the block has no time. */
  readonly atMs: number | null;
}

const CHAIN_ROLES = ['staking', 'relay', 'identity'] as const;

/** The finalised blocks of a snapshot. A role that could not be read has none. */
export function headsOf({ sources }: Pick<Snapshot, 'sources'>): readonly SnapshotBlock[] {
  return CHAIN_ROLES.flatMap((role) => {
    const source = sources[role];
    if (source === undefined || source.block === null) return [];
    return [{ role, height: source.block.number, atMs: source.timeless === true ? null : source.atMs }];
  });
}

/**
 * The default limit for the age of a head. Targets are judged by a snapshot of at most 20 minutes, and an
 * endpoint is replaced when its head is 10 minutes old. The sum of both is the oldest that a healthy chain
 * can give.
 */
export const OLDEST_HEAD_MS = 30 * 60_000;

/**
 * Why the chains of a snapshot cannot be used at `nowMs`: a head is older than `oldestMs`, or has no time and
 * so is not known to be fresh. Null if they can be used, and if there is no bound. A role that could not be
 * read has neither a head nor facts.
 */
export function oldHeads(
  snapshot: Pick<Snapshot, 'sources'>,
  nowMs: number,
  oldestMs: number | null,
): string | null {
  if (oldestMs === null) return null;
  const problems = headsOf(snapshot).flatMap(({ role, atMs }) => {
    if (atMs === null) return [`the head of ${role} says no time`];
    const ageMs = nowMs - atMs;
    return ageMs > oldestMs ? [`the head of ${role} is ${shownTime(ageMs)} old`] : [];
  });
  return problems.length === 0 ? null : problems.join(', ');
}
