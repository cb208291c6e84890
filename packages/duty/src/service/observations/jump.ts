import { LARGEST_STEPS, type Observation } from '../../rule/index.ts';

/** How far an observer has come, over all sessions of this process. Moments are of the monotonic clock. */
export interface Progress {
  readonly setId: bigint;
  readonly round: bigint;
  /** When it reported this round first. */
  readonly atMs: number;
  /** When it ended a session last. */
  readonly endedMs: number | null;
}

/** No voter ends a round, and no chain a set, in less. */
const ROUND_MS = 500n;
const SET_MS = 5_000n;
/** An observer ends one session in this time: its token may not take the service from every key for long. */
const QUIET_MS = 3_600_000;

/**
 * The progress after a report, and why the session ends, or null. The chain moved further than it can by the
 * monotonic clock: so this process was put back, with its memory, to an earlier moment. Time counts from the
 * last rise, so a gap in the reports is no jump.
 */
export function judgeProgress(
  before: Progress | undefined,
  { observer, setId, round }: Observation,
  nowMs: number,
): { readonly progress: Progress | undefined; readonly jumped: string | null } {
  if (setId === null || round === null) return { progress: before, jumped: null };
  if (before === undefined) return { progress: { setId, round, atMs: nowMs, endedMs: null }, jumped: null };
  const sets = setId - before.setId;
  const rounds = sets === 0n ? round - before.round : round;
  if (sets < 0n || (sets === 0n && rounds <= 0n)) return { progress: before, jumped: null };
  const sinceMs = BigInt(Math.floor(nowMs - before.atMs));
  const isFar = sets > 1n + sinceMs / SET_MS || rounds > BigInt(LARGEST_STEPS.roundStep) + sinceMs / ROUND_MS;
  const ends = isFar && nowMs - (before.endedMs ?? Number.NEGATIVE_INFINITY) > QUIET_MS;
  return {
    progress: { setId, round, atMs: nowMs, endedMs: ends ? nowMs : before.endedMs },
    jumped: ends
      ? `${observer} reports round ${setId}/${round}, and ${sinceMs} ms ago ${before.setId}/${before.round}`
      : null,
  };
}
