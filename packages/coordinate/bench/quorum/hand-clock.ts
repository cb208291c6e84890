import type { ClockSource } from '@watchbill/coordinate';

/** A chain whose heights are given by hand. */
export interface HandClock extends ClockSource {
  push(height: bigint): void;
}

export function handClock(hashOf: (height: bigint) => Uint8Array): HandClock {
  const waiting: bigint[] = [];
  let wake = (): void => undefined;
  return {
    input: async ({ height }) => hashOf(height),
    push: (height) => {
      waiting.push(height);
      wake();
    },
    heights: async function* (signal) {
      signal.addEventListener('abort', () => wake(), { once: true });
      while (!signal.aborted) {
        const height = waiting.shift();
        if (height !== undefined) yield height;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}
