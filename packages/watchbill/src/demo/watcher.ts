import type { WatchState } from '@watchbill/duty/service';
import type { Clock } from '@watchbill/kit';
import type { Api } from './api.ts';
import { watchesOf } from './presence.ts';

const EVERY_MS = 150;

/**
 * Follows the active node that the service reports; for the view, the killer, and to know when all are up.
 */
export function watchWatcher(
  operator: Api,
  chain: string,
  clock: Clock,
  heard: (watches: readonly WatchState[]) => void,
) {
  let latest: readonly WatchState[] = [];
  return {
    latest: () => latest,
    run: async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        const answer = await operator.call('GET', `/v1/watch?chain=${chain}`, null, 2_000);
        if (answer.kind === 'answer' && answer.status === 200) {
          latest = watchesOf(answer.body);
          heard(latest);
        }
        await clock.sleep(EVERY_MS, signal);
      }
    },
  };
}
