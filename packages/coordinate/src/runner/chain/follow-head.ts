import { finalizedHead, type NodeRpc, readHeader } from '@watchbill/chain';
import { type Clock, messageOf, pause, within } from '@watchbill/kit';
import type { Note } from '../../rules.ts';

export interface FollowSettings {
  /**
   * In milliseconds: the silence after which the node is called; for a node without subscriptions, the pause
   * between calls.
   */
  readonly pollMs: number;
  /** How long one call may take. */
  readonly timeoutMs: number;
  /** How long the finalised head may stall before a note reports it. */
  readonly stallMs: number;
}

export interface FollowParts {
  readonly node: NodeRpc;
  readonly settings: FollowSettings;
  readonly time: Clock;
  readonly onHeight: (height: bigint) => void;
  readonly note: (note: Note) => void;
}

export const FOLLOW_SETTINGS: FollowSettings = { pollMs: 2_000, timeoutMs: 10_000, stallMs: 120_000 };

/**
 * Follows the finalised head of one node until the signal ends: by subscription if the node has them, and by
 * calls while it sends nothing. Reports each change of the height; notes a failure once and retries until the
 * signal ends.
 */
export async function followHead(parts: FollowParts, signal: AbortSignal): Promise<void> {
  const { node, settings, time, onHeight } = parts;
  const teller = noteTeller(parts);
  let last: bigint | null = null;
  let heard = Promise.withResolvers<void>();
  const tell = (height: bigint): void => {
    heard.resolve();
    heard = Promise.withResolvers<void>();
    teller.works();
    if (height === last) return;
    last = height;
    teller.moved();
    onHeight(height);
  };
  const ask = <Value>(what: string, call: () => Promise<Value>): Promise<Value> =>
    within(what, settings.timeoutMs, signal, call, time);
  const subscription = subscriber(parts, ask, tell);
  while (!signal.aborted) {
    try {
      await subscription.ensure();
      tell(BigInt((await ask('the finalised head', () => finalizedHead(node))).number));
    } catch (error) {
      if (signal.aborted) break;
      teller.failed(error);
    }
    await quiet(settings.pollMs, signal, () => heard.promise, time);
    teller.looked(last);
  }
  subscription.close();
}

/** Returns once no head was heard for the time. */
async function quiet(
  pollMs: number,
  signal: AbortSignal,
  heard: () => Promise<void>,
  time: Clock,
): Promise<void> {
  let isQuiet = false;
  while (!isQuiet && !signal.aborted) {
    const done = new AbortController();
    const silence = pause(pollMs, AbortSignal.any([signal, done.signal]), time).then(
      () => !done.signal.aborted,
    );
    isQuiet = await Promise.race([silence, heard().then(() => false)]);
    done.abort();
  }
}

function subscriber(
  { node, settings }: FollowParts,
  ask: <Value>(what: string, call: () => Promise<Value>) => Promise<Value>,
  tell: (height: bigint) => void,
) {
  const { timeoutMs } = settings;
  let close: (() => void) | null = null;
  let unsupported = false;
  const onItem = (item: unknown): void => {
    try {
      tell(BigInt(readHeader(item).number));
    } catch {
      // A head that cannot be read is ignored; the node is asked when it is quiet.
    }
  };
  return {
    ensure: async () => {
      if (close !== null || unsupported) return;
      try {
        const methods = ['chain_subscribeFinalizedHeads', 'chain_unsubscribeFinalizedHeads'] as const;
        const subscribe = () => node.subscribe(methods[0], [], methods[1], onItem, { timeoutMs });
        const subscription = await ask('the subscription', subscribe);
        close = () => subscription.close();
      } catch (error) {
        unsupported = (error as { code?: unknown }).code === 'unsupported';
        if (!unsupported) throw error;
      }
    },
    close: () => close?.(),
  };
}

/** Reports a state of the node when it begins and when it ends. */
function noteTeller({ node, settings, time, note }: FollowParts) {
  const { stallMs } = settings;
  let failing = false;
  let stalled = false;
  let movedAtMs = time.monotonicMs();
  return {
    works: () => {
      if (failing) note({ code: 'chain-back', text: `${node.address} answers again` });
      failing = false;
    },
    failed: (error: unknown) => {
      if (!failing) note({ code: 'chain-unreachable', text: `${node.address}: ${messageOf(error)}` });
      failing = true;
    },
    moved: () => {
      movedAtMs = time.monotonicMs();
      if (stalled)
        note({ code: 'chain-moving', text: `the finalised head of ${node.address} advances again` });
      stalled = false;
    },
    looked: (height: bigint | null) => {
      if (stalled || time.monotonicMs() - movedAtMs < stallMs) return;
      stalled = true;
      const at = height === null ? 'none was ever seen' : `it stays at ${height}`;
      const seconds = Math.round(stallMs / 1_000);
      const text = `no new finalised head from ${node.address} for ${seconds} s; ${at}. The group agrees on no action while finality stalls`;
      note({ code: 'chain-stalled', text });
    },
  };
}
