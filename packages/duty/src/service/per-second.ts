/** True for at most so many events a second, so that a hostile client cannot fill the log. */
export function perSecond(max: number, nowMs: () => number = () => performance.now()): () => boolean {
  let windowStartMs = nowMs();
  let used = 0;
  return () => {
    const now = nowMs();
    if (now - windowStartMs >= 1_000) {
      windowStartMs = now;
      used = 0;
    }
    used++;
    return used <= max;
  };
}
