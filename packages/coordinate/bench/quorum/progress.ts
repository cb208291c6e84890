/** What happened in the window that is under way, and who waits for it. */
export interface Progress {
  /** By seat; undefined where there is no certificate yet. */
  readonly certifiedAtMs: (number | undefined)[];
  proposedAtMs: number | null;
  arrivals: number;
  ended: number;
  /** What voids the run: a member was blamed, or stopped. */
  failure: string | null;
  /** To be called whenever any of this changed. */
  changed(): void;
  /** Resolves as soon as it is so. Rejects after a while, or with a failure. */
  until(what: string, isSo: () => boolean): Promise<void>;
}

const DEADLINE_MS = 60_000;

export function newProgress(members: number): Progress {
  const waiting = new Set<() => void>();
  const progress: Progress = {
    certifiedAtMs: new Array<number | undefined>(members).fill(undefined),
    proposedAtMs: null,
    arrivals: 0,
    ended: 0,
    failure: null,
    changed: () => {
      for (const look of [...waiting]) look();
    },
    until: (what, isSo) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const end = (): void => {
        clearTimeout(late);
        waiting.delete(look);
      };
      const look = (): void => {
        if (progress.failure === null && !isSo()) return;
        end();
        if (progress.failure === null) resolve();
        else reject(new Error(progress.failure));
      };
      const late = setTimeout(() => {
        end();
        reject(new Error(`not within ${DEADLINE_MS} ms: ${what}`));
      }, DEADLINE_MS);
      waiting.add(look);
      look();
      return promise;
    },
  };
  return progress;
}
