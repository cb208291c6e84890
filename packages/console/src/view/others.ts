import type { Clock } from '@watchbill/base';

/** The page of another capability, which another process serves. */
export interface OtherPage {
  /** For example `nominate`. */
  readonly name: string;
  /** An http or https address. */
  readonly url: string;
  /** Null until its first answer is due. */
  readonly answers: boolean | null;
}

/** Whether something answers at an address. Rejects if nothing does in time. */
export type Ask = (url: string) => Promise<boolean>;

const FRESH_MS = 10_000;

/**
 * The pages with their state. No reader waits for them: a look that is older than ten seconds is repeated
 * behind the answer, one at a time for each page.
 */
export function otherPages(
  pages: Readonly<Record<string, string | undefined>>,
  clock: Pick<Clock, 'monotonicMs'>,
  ask: Ask,
): () => readonly OtherPage[] {
  const states = Object.entries(pages).flatMap(([name, url]) =>
    url === undefined
      ? []
      : [{ name, url, answers: null as boolean | null, askedMs: Number.NEGATIVE_INFINITY }],
  );
  return () => {
    const nowMs = clock.monotonicMs();
    for (const state of states) {
      if (nowMs - state.askedMs < FRESH_MS) continue;
      state.askedMs = nowMs;
      ask(state.url).then(
        (answers) => {
          state.answers = answers;
        },
        () => {
          state.answers = false;
        },
      );
    }
    return states.map(({ name, url, answers }) => ({ name, url, answers }));
  };
}
