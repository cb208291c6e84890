import type { Clock } from '@watchbill/kit';

/** Work that is done again and again, and the pause between two of its turns. */
export interface Paced {
  readonly everyMs: number;
  readonly work: () => Promise<void>;
}

/** Does each work at its pace until the signal aborts or one of them fails; then the others end too. */
export async function atTheirPace(clock: Clock, all: readonly Paced[], signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  const repeat = async ({ everyMs, work }: Paced): Promise<void> => {
    try {
      for (; !until.aborted; await clock.sleep(everyMs, until)) await work();
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  await Promise.all(all.map(repeat));
}

/** Between two decisions. Slots are at least half a second long. */
export const DECIDE_MS = 250;
