import { bestHead, finalizedHead, type NodeRpc } from '@watchbill/chain';
import { type Clock, messageOf, pause, within } from '@watchbill/kit';
import type { Note } from '../../rules.ts';
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
 * Holds back the first height of a process, and each height far above the one before it, until further
 * answers of the node confirm it: its finalised head is there again, is its block at that height, and is not
 * above its best block. The cursor never goes back, so a single wrong number must not count. A node that
 * invents all of these answers is trusted. The remedy is to name further nodes; with them, there is no gate.
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
    const text = `${parts.node.address} ${from} at the finalised height ${height}; the member does not use it yet: ${why}`;
    parts.note({ code: 'height-held', text });
  }

  async function bearOut(): Promise<void> {
    // The first height is checked at once, a jump after a pause, because a faulty node may repeat a wrong
    // number.
    let told = last !== null;
    if (told) await pause(parts.settings.pollMs, signal, parts.time);
    while (held !== null && !signal.aborted) {
      const wanted = held;
      const supported = await supportOf(parts, signal);
      // A height that needs no confirmation has come in between.
      if (held === null || signal.aborted) return;
      if (supported.ok && (supported.height >= wanted || !isJump(supported.height))) {
        const newest = held;
        accept(supported.height);
        // One that came during the check is not told again.
        if (newest > supported.height && !isJump(newest)) accept(newest);
        return;
      }
      if (!told) tell(wanted, supported.ok ? `a second call returned ${supported.height}` : supported.why);
      told = true;
      await pause(parts.settings.pollMs, signal, parts.time);
    }
  }

  return (height) => {
    if (!isJump(height)) return accept(height);
    // Reported at once. Otherwise a node that corrects itself in the next moment would leave no trace.
    if (last !== null && held === null) tell(height, 'it calls the node again');
    held = height;
    if (checking) return;
    checking = true;
    void bearOut().finally(() => {
      checking = false;
    });
  };
}

type Support = { readonly ok: true; readonly height: bigint } | { readonly ok: false; readonly why: string };

/** The finalised height of the node, if its other answers agree with it. */
async function supportOf({ node, settings, time }: HeightGateParts, signal: AbortSignal): Promise<Support> {
  const ask = <Value>(what: string, call: () => Promise<Value>): Promise<Value> =>
    within(what, settings.timeoutMs, signal, call, time);
  try {
    const { number, hash } = await ask('the finalised head', () => finalizedHead(node));
    const best = await ask('the best head', () => bestHead(node));
    if (best.number < number) return { ok: false, why: `the best block of the node is only ${best.number}` };
    const same = await ask('the hash of that height', () => node.call('chain_getBlockHash', [number]));
    if (same === hash) return { ok: true, height: BigInt(number) };
    return { ok: false, why: `at ${number} the node has another block than its finalised one` };
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  }
}
