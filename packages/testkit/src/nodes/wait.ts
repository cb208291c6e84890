import { type Clock, systemClock } from '@watchbill/kit';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Default 100. */
  readonly everyMs?: number;
  /** Added to the error, for example the tail of a log. */
  readonly detail?: () => string | Promise<string>;
  /** The clock of this machine unless given. */
  readonly clock?: Clock;
}

/**
 * Polls until the answer is neither undefined nor false. A poll that rejects is repeated; rejects at the
 * deadline.
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const clock = options.clock ?? systemClock();
  const deadline = clock.monotonicMs() + options.timeoutMs;
  let last = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = '';
    } catch (error) {
      last = `; the last attempt failed: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (clock.monotonicMs() > deadline) {
      const detail = (await options.detail?.()) ?? '';
      throw new Error(
        `${what}: not within ${options.timeoutMs} ms${last}${detail === '' ? '' : `\n${detail}`}`,
      );
    }
    await clock.sleep(options.everyMs ?? 100);
  }
}
