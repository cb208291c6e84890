// A process that runs windows and says what its heap holds. Started with --expose-gc.

import { answerParent } from '@watchbill/testkit/bench/child';
import { type FlatGroup, flatGroup } from './flat-group.ts';

/** Measure after so many windows, and after so many. */
export interface FlatAsk {
  readonly members: number;
  readonly early: number;
  readonly late: number;
}

/** Heap in use after a collection, after so many windows. */
export interface HeapAt {
  readonly windows: number;
  readonly heapMb: number;
}

export interface Growth {
  readonly early: HeapAt;
  readonly late: HeapAt;
  /** Late by early. */
  readonly growth: number;
  readonly wallMs: number;
}

const MB = 1_000_000;

answerParent(async (message): Promise<Growth> => {
  const { members, early, late } = message as FlatAsk;
  const beganMs = performance.now();
  const group = flatGroup(members);
  const [first, second] = [heapAfter(group, early), heapAfter(group, late)];
  const growth = second.heapMb / first.heapMb;
  return { early: first, late: second, growth, wallMs: performance.now() - beganMs };
});

function heapAfter(group: FlatGroup, windows: number): HeapAt {
  while (group.windows() < windows) group.window();
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('this process has no gc(): it must be started with --expose-gc');
  // The second collection frees what finalizers of the first let go.
  gc();
  gc();
  return { windows, heapMb: process.memoryUsage().heapUsed / MB };
}
