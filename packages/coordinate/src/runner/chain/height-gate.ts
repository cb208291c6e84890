import type { Clock } from '@watchbill/base';
import { pause, within } from '@watchbill/base';
import { bestHead, finalizedHead, type NodeRpc } from '@watchbill/chain';
import type { Note } from '../../rules.ts';
import { textOf } from '../fault.ts';
import type { FollowSettings } from './follow-head.ts';

export interface HeightGateParts {
  readonly node: NodeRpc;
  /** Rises of at most this many blocks pass at once. */
  readonly jumpBlocks: bigint;
  readonly settings: Pick<FollowSettings, 'timeoutMs' | 'pollMs'>;
  readonly note: (note: Note) => void;
  readonly time: Clock;
  /** Takes accepted heights. */
  readonly pass: (height: bigint) => void;
}

/**
 * Holds back the first height of a process, and each that lies far above the one before it, until the node
 * supports it: asked again, its finalised head is there, is the block that it has at that height, and is not
 * above its best one. A height is for ever, since the cursor never goes back; so a number that was made up
 * once must not count. A node that invents all of these answers is trusted: the remedy is
 * further nodes, and with them there is no gate.
 */
export function heightGate(parts: HeightGateParts, signal: AbortSignal): (height: bigint) => void {
  const { jumpBlocks, pass } = parts;
  let last: bigint | null = null;
  let held: bigint | null = null;
  let checking = false;

  const accept = (height: bigint): void => {
    last = height;
    held = null;
    pass(height);
  };

  const isJump = (height: bigint): boolean => last === null || height > last + jumpBlocks;

  function tell(height: bigint, why: string): void {
    const from = last === null ? 'begins' : `jumps from ${last}`;
    const text = `${parts.node.address} ${from} at the finalised height ${height}, and that is held back: ${why}`;
    parts.note({ code: 'height-held', text });
  }

  async function check(): Promise<void> {
    checking = true;
    try {
      await bearOut();
    } finally {
      checking = false;
    }
  }

  async function bearOut(): Promise<void> {
    // The first height is asked for at once, a jump after a while: what made a number up once may do so twice
    // in a row.
    let told = last !== null;
    if (told) await pause(parts.settings.pollMs, signal, parts.time);
    while (held !== null && !signal.aborted) {
      const wanted = held;
      const supported = await supportOf(parts, signal);
      // A height that needs no support came meanwhile.
      if (held === null || signal.aborted) return;
      if (supported.ok && (supported.height >= wanted || !isJump(supported.height)))
        return accept(supported.height);
      if (!told) tell(wanted, supported.ok ? `asked again it says ${supported.height}` : supported.why);
      told = true;
      await pause(parts.settings.pollMs, signal, parts.time);
    }
  }

  return (height) => {
    if (!isJump(height)) return accept(height);
    // Reported at once: a node that takes it back in the next moment would otherwise leave no trace.
    if (last !== null && held === null) tell(height, 'the node is asked for it again');
    held = height;
    if (checking) return;
    void check();
  };
}

type Support = { readonly ok: true; readonly height: bigint } | { readonly ok: false; readonly why: string };

/** The finalised height of the node, where its other answers go with it. */
async function supportOf({ node, settings, time }: HeightGateParts, signal: AbortSignal): Promise<Support> {
  const ask = <Value>(what: string, call: () => Promise<Value>): Promise<Value> =>
    within(what, settings.timeoutMs, signal, call, time);
  try {
    const { number, hash } = await ask('the finalised head', () => finalizedHead(node));
    const best = await ask('the best head', () => bestHead(node));
    if (best.number < number) return { ok: false, why: `its best block is only ${best.number}` };
    const same = await ask('the hash of that height', () => node.call('chain_getBlockHash', [number]));
    if (same === hash) return { ok: true, height: BigInt(number) };
    return { ok: false, why: `it has another block at ${number} than its finalised one` };
  } catch (error) {
    return { ok: false, why: textOf(error) };
  }
}
