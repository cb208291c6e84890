import type { NodeRpc } from '@watchbill/chain';
import { type Clock, messageOf, systemClock, within } from '@watchbill/kit';
import type { InputAsk, Note } from '../../rules.ts';
import type { ClockSource } from '../ports.ts';
import { endpointInput } from './endpoint-input.ts';
import { FOLLOW_SETTINGS, type FollowSettings, followHead } from './follow-head.ts';
import { heightGate } from './height-gate.ts';
import { agreedInput, majorityHeight } from './majority.ts';
import { readyNode } from './ready-node.ts';

export interface ChainClockOptions {
  /**
   * The first is this operator's own node. With further nodes, a height or an input counts if a majority
   * returns it.
   */
  readonly nodes: readonly NodeRpc[];
  /** Hash of block 0, 32 bytes. */
  readonly genesis: Uint8Array;
  readonly settings?: Partial<FollowSettings>;
  /**
   * If there is only one node: larger rises wait until it confirms them, see `heightGate`. If left out, none
   * waits.
   */
  readonly jumpBlocks?: bigint;
  readonly note: (note: Note) => void;
  /** Deadlines and pauses pass on it; the clock of this machine if left out. */
  readonly time?: Clock;
}

/** The options with their defaults. */
type Parts = ChainClockOptions & { readonly settings: FollowSettings; readonly time: Clock };

/**
 * The finalised heads of a chain as the clock of a group. `heights` begins when the own node is on the right
 * chain and not syncing. A node that still catches up has old heights, and a member that lost its cursor must
 * not take part in windows that ended long ago. Throws `wrong-chain`.
 */
export function chainClock(options: ChainClockOptions): ClockSource {
  const settings = { ...FOLLOW_SETTINGS, ...options.settings };
  const parts = { ...options, settings, time: options.time ?? systemClock() };
  return {
    heights: (signal) => heights(parts, signal),
    input: (ask, signal) => input(parts, ask, signal),
  };
}

async function* heights(
  { nodes, genesis, settings, jumpBlocks, note, time }: Parts,
  signal: AbortSignal,
): AsyncIterable<bigint> {
  const ended = new AbortController();
  const end = AbortSignal.any([signal, ended.signal]);
  const reached: (bigint | null)[] = nodes.map(() => null);
  let failure: unknown = null;
  let wake = Promise.withResolvers<void>();
  end.addEventListener('abort', () => wake.resolve(), { once: true });
  const follow = async (node: NodeRpc, place: number): Promise<void> => {
    await readyNode({ node, genesis, isOwn: place === 0, settings, note, time }, end);
    const pass = (height: bigint): void => {
      reached[place] = height;
      wake.resolve();
    };
    const isGated = jumpBlocks !== undefined && nodes.length === 1;
    const onHeight = isGated ? heightGate({ node, jumpBlocks, settings, note, time, pass }, end) : pass;
    await followHead({ node, settings, time, onHeight, note }, end);
  };
  const following = nodes.map((node, place) =>
    follow(node, place).catch((error: unknown) => {
      failure ??= error;
      wake.resolve();
    }),
  );
  try {
    let last: bigint | null = null;
    while (!end.aborted) {
      const height = majorityHeight(reached);
      if (failure !== null) throw failure;
      if (height !== null && height !== last) {
        last = height;
        yield height;
        continue;
      }
      await wake.promise;
      wake = Promise.withResolvers<void>();
      if (end.aborted) wake.resolve();
    }
  } finally {
    ended.abort();
    await Promise.all(following);
  }
}

async function input(
  { nodes, settings, note, time }: Parts,
  ask: InputAsk,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const answers = await Promise.all(
    nodes.map((node) =>
      within(`${node.address}`, settings.timeoutMs, signal, () => endpointInput(node, ask), time).catch(
        messageOf,
      ),
    ),
  );
  const agreed = agreedInput(answers);
  if (!agreed.ok) throw new Error(agreed.why);
  for (const place of agreed.differs)
    note({
      code: 'endpoint-differs',
      text: `${nodes[place]?.address} returned another ${ask.kind} of block ${ask.height} than the majority: it is faulty or on another fork`,
    });
  return agreed.bytes;
}
