// The time of a run: what would not end in it does not begin.

/** On a busy machine a file takes longer than in the run that recorded its time. */
const MARGIN = 1.5;
/** A build may take the time of the tests, and no more than this share. */
const BUILDS_SHARE = 0.5;
/** Beyond the limit, for the second run of files that failed. */
const AGAIN_MINUTES = 7;

/**
 * @param {number} [minutes] none: there is no limit
 * @param {() => number} [nowMs]
 */
export function timeLimit(minutes = Number.POSITIVE_INFINITY, nowMs = () => performance.now()) {
  const startedMs = nowMs();
  const minutesGone = () => (nowMs() - startedMs) / 60_000;
  const endsBy = (limit, seconds) => minutesGone() + (seconds * MARGIN) / 60 <= limit;
  return {
    /** Whether a test ends in time that took so long in an earlier run. @param {number} seconds */
    fits: (seconds) => endsBy(minutes, seconds),
    /** Whether a failed one may run again. @param {number} seconds */
    fitsAgain: (seconds) => endsBy(minutes + AGAIN_MINUTES, seconds),
    /** Whether a build may still begin. */
    mayBuild: () => minutesGone() < minutes * BUILDS_SHARE,
  };
}
