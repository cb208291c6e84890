import type { Clock } from '@watchbill/kit';
import { type FinalityFigures, figuresOf } from './figures.ts';
import { type Followed, followNode } from './follow.ts';
import { FinalityFault } from './ledger.ts';

export interface FinalityPlan {
  /** Name and WebSocket address of every node. */
  readonly nodes: readonly { readonly name: string; readonly rpcUrl: string }[];
  /** Blocks of the chain that are not measured, counted from block 1. */
  readonly warmupBlocks: number;
  /** Blocks that are measured. */
  readonly blocks: number;
  readonly timeoutSeconds: number;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 50;

/**
 * Listens to every node of a running network, and measures so many blocks in a row from import to finality.
 * Throws a FinalityFault on a timeout, an interruption, or a contradiction between nodes.
 */
export async function measureFinality(plan: FinalityPlan): Promise<FinalityFigures> {
  const { clock, nodes } = plan;
  const followed = nodes.map(({ name, rpcUrl }) => ({ name, ...followNode(rpcUrl, clock.monotonicMs) }));
  const endMs = clock.monotonicMs() + plan.timeoutSeconds * 1_000;
  try {
    const first = await until(plan, followed, endMs, () => firstBlock(followed, plan.warmupBlocks));
    const last = first + plan.blocks - 1;
    await until(plan, followed, endMs, () =>
      followed.every(({ ledger }) => ledger.finalHeight() >= last) ? true : null,
    );
    const seen = new Map(followed.map(({ name, ledger }) => [name, ledger.between(first, last)]));
    return figuresOf(seen, first, plan.blocks);
  } finally {
    for (const { close } of followed) close();
  }
}

type Named = Followed & { readonly name: string };

/** The first block that every node will be seen to import; null until that is known. */
function firstBlock(followed: readonly Named[], warmupBlocks: number): number | null {
  const unknown = followed.map(({ ledger }) => ledger.unknownUpTo());
  const known = unknown.filter((height) => height !== null);
  return known.length < unknown.length ? null : Math.max(warmupBlocks, ...known) + 1;
}

async function until<Value>(
  { clock, signal, timeoutSeconds }: FinalityPlan,
  followed: readonly Named[],
  endMs: number,
  look: () => Value | null,
): Promise<Value> {
  for (;;) {
    for (const { name, fault } of followed) {
      const found = fault();
      if (found !== null) throw new FinalityFault(`${name}: ${found.message}`, found.remedy);
    }
    const value = look();
    if (value !== null) return value;
    if (signal.aborted) throw new FinalityFault('it was interrupted', 'measure again');
    if (clock.monotonicMs() > endMs) {
      const heights = followed.map(({ name, ledger }) => `${name} ${ledger.finalHeight()}`);
      throw new FinalityFault(
        `after ${timeoutSeconds} s the finalised heights were ${heights.join(', ')}`,
        'look at the logs; give it more time, or fewer blocks',
      );
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}
