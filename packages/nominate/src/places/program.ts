import type { PlaceAnswer, PlaceSource } from './port.ts';
import { type ProgramCommand, type ProgramProcess, type Question, startProgram } from './program-process.ts';

/** A custom program that looks up places of addresses. */
export interface PlaceProgram extends ProgramCommand {
  readonly nowMs: () => number;
}

export const PROGRAM_LIMITS = {
  /** Concurrent questions to the program. */
  atOnce: 16,
  /** Questions that may wait. */
  waiting: 20_000,
  /** Starts per hour. */
  starts: 4,
  lineBytes: 16_384,
} as const;
const HOUR_MS = 3_600_000;
const CLOSED = 'the program of places was closed';

/**
 * Asks a program. Input: `{"id":1,"address":"203.0.113.7"}`; output: `{"id":1,"place":{…}}` or
 * `{"id":1,"place":null}`; one per line, in any order. The program gets only PATH from the environment. Its
 * error output is not read.
 */
export function programSource(
  setting: PlaceProgram,
  limits: Partial<typeof PROGRAM_LIMITS> = {},
): PlaceSource {
  const most = { ...PROGRAM_LIMITS, ...limits };
  const mayStart = startBudget(most.starts, setting.nowMs);
  const waiting: Question[] = [];
  let child: ProgramProcess | null = null;
  let isClosed = false;
  let nextId = 1;

  const giveUp = (why: string): void => {
    for (const { give } of waiting.splice(0)) give({ why });
  };
  const start = (): ProgramProcess | null => {
    if (!mayStart()) return null;
    const onEnd = (): void => {
      // Questions that wait go to the next process.
      child = null;
      pump();
    };
    return startProgram(setting, most.lineBytes, { onAnswer: pump, onEnd });
  };
  const pump = (): void => {
    while (waiting.length > 0 && (child?.asked() ?? 0) < most.atOnce) {
      if (!isClosed) child ??= start();
      if (child === null) {
        giveUp(isClosed ? CLOSED : `the program of places was started ${most.starts} times within an hour`);
        return;
      }
      const question = waiting.shift();
      if (question !== undefined) child.send(nextId++, question);
    }
  };
  const ask = (address: string): Promise<PlaceAnswer> =>
    new Promise((give) => {
      if (waiting.length < most.waiting) waiting.push({ address, give });
      else give({ why: 'too many questions wait for the program of places' });
    });
  return {
    check: async () => undefined,
    lookUp: async (addresses, signal) => {
      signal.throwIfAborted();
      const stop = (): void => giveUp('the caller stopped waiting for the answer');
      signal.addEventListener('abort', stop, { once: true });
      try {
        const answers = addresses.map(async (address) => [address, await ask(address)] as const);
        pump();
        return new Map(await Promise.all(answers));
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    close: async () => {
      isClosed = true;
      child?.end(CLOSED);
      giveUp(CLOSED);
    },
  };
}

/** Returns true, and counts a start, if the program was started less often within the last hour. */
function startBudget(mostStarts: number, nowMs: () => number): () => boolean {
  let starts: number[] = [];
  return () => {
    starts = starts.filter((atMs) => nowMs() - atMs < HOUR_MS);
    if (starts.length >= mostStarts) return false;
    starts.push(nowMs());
    return true;
  };
}
