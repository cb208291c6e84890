import type { ResponseHeader } from './gen/rpc_pb.js';
import type { WentBack } from './options.ts';

/**
 * Notices when the cluster goes back: another cluster id, or a lower revision than one already seen.
 *
 * Linearizable answers only. Answers to concurrent calls may arrive in any order. So an answer is compared
 * only with the state that was known when its call began: a linearizable answer cannot be older than an
 * answer that came before the question was sent.
 */
export type Progress = ReturnType<typeof progress>;

export interface Seen {
  readonly clusterId: bigint | null;
  readonly revision: bigint;
  /** The number of steps back that were reported. A call from before the last one proves nothing new. */
  readonly steps: number;
}

export function progress(report: (detail: WentBack) => void) {
  let seen: Seen = { clusterId: null, revision: 0n, steps: 0 };
  const listeners = new Set<() => void>();

  function stepBack(
    header: ResponseHeader,
    endpoint: string,
    before: { clusterId: bigint; revision: bigint },
  ): void {
    seen = { clusterId: header.clusterId, revision: header.revision, steps: seen.steps + 1 };
    report({
      endpoint,
      before: { clusterId: before.clusterId.toString(16), revision: before.revision },
      now: { clusterId: header.clusterId.toString(16), revision: header.revision },
    });
    for (const listener of listeners) listener();
  }

  return {
    /** Call it before sending a request. */
    begin: (): Seen => seen,
    /** Call it with the header of each linearizable answer, before using the answer. */
    answered: (began: Seen, header: ResponseHeader | undefined, endpoint: string): void => {
      if (header === undefined || began.steps !== seen.steps) return;
      const { clusterId, revision } = began;
      if (clusterId !== null && (header.clusterId !== clusterId || header.revision < revision)) {
        stepBack(header, endpoint, { clusterId, revision });
      } else if (seen.clusterId === null || header.revision > seen.revision) {
        seen = { ...seen, clusterId: header.clusterId, revision: header.revision };
      }
    },
    /** Called after each step back; returns a function that ends the subscription. */
    onStepBack: (listener: () => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
