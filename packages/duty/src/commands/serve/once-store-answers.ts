import { type Clock, retry } from '@watchbill/kit';
import type { Log } from '../../service/index.ts';
import { StoreFault } from '../../store/index.ts';

/** Closes one thing; the time is for requests in progress, in milliseconds. */
export type Closer = (drainTimeoutMs: number) => Promise<void>;

const WAIT_MS = 15_000;
const RETRY_MS = 500;

/**
 * Calls `start` until the store answers. A service that was killed may have left locks that outlast one call,
 * and a cluster may be choosing a leader. Each failed start is closed in full. After 15 seconds, or for any
 * other fault, it rejects with the fault of the last start.
 */
export async function onceStoreAnswers<Started>(
  { clock, log, closers }: { readonly clock: Clock; readonly log: Log; readonly closers: Closer[] },
  start: (closers: Closer[]) => Promise<Started>,
): Promise<Started> {
  const untilMs = clock.monotonicMs() + WAIT_MS;
  const once = async (): Promise<Started> => {
    const opened: Closer[] = [];
    try {
      const started = await start(opened);
      closers.push(...opened);
      return started;
    } catch (error) {
      for (const close of opened.reverse()) await close(0);
      throw error;
    }
  };
  const mayPass = (error: unknown): boolean => {
    const leftMs = untilMs - clock.monotonicMs();
    if (!(error instanceof StoreFault) || error.code !== 'unavailable' || leftMs <= 0) return false;
    const text = `the store does not answer; the service tries again for ${Math.ceil(leftMs / 1_000)} s`;
    log.warn({ event: 'store-silent', detail: error.message }, text);
    return true;
  };
  return retry(once, { clock, pauseMs: RETRY_MS, withinMs: WAIT_MS, mayPass });
}
