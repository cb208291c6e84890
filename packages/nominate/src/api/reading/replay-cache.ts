import { setImmediate } from 'node:timers/promises';
import { type Replay, replayRound } from '../../rounds/replay.ts';
import type { StoredRound } from '../../rounds/stored.ts';
import { kept } from './kept.ts';

/**
 * Computes rounds again, one at a time. Results are kept until the process ends, because neither the texts of
 * a round nor the program change.
 */
export interface ReplayCache {
  /** `busy` if too many replays wait. */
  readonly replay: (id: string, stored: StoredRound) => Promise<Replay | 'busy'>;
}

const RESULTS_KEPT = 1_024;

export function replayCache(
  mostWaiting: number,
  run: (round: StoredRound) => Promise<Replay> = inThisProcess,
): ReplayCache {
  const results = kept<Replay>(RESULTS_KEPT, () => 1);
  const waiting = new Set<string>();
  let tail: Promise<unknown> = Promise.resolve();
  const queued = (stored: StoredRound): Promise<Replay> => {
    const mine = tail.then(() => run(stored));
    tail = mine.catch(() => undefined);
    return mine;
  };
  return {
    replay: async (id, stored) => {
      const ready = results.peek(id);
      if (ready !== undefined) return ready;
      if (!waiting.has(id) && waiting.size >= mostWaiting) return 'busy';
      waiting.add(id);
      try {
        return await results.get(id, () => queued(stored));
      } finally {
        waiting.delete(id);
      }
    },
  };
}

async function inThisProcess(round: StoredRound): Promise<Replay> {
  // Earlier requests get their answers first.
  await setImmediate();
  return replayRound(round);
}
