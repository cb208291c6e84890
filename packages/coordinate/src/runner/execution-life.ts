import { type Clock, growingMs, messageOf, pause } from '@watchbill/kit';
import { LeaseOver } from '../actions/port.ts';
import type { Receipt } from '../actions/receipt.ts';
import type { Execution } from '../cursor.ts';
import type { Note } from '../rules.ts';
import type { HeightFeed } from './quorum/height-feed.ts';

export const FIRST_PAUSE_MS = 500;
export const LONGEST_PAUSE_MS = 15_000;

/** The time of an execution: its signal ends with the expiry block or the process. */
export interface Life {
  readonly signal: AbortSignal;
  end(): void;
}

/** Ends with `stopped`, or at the expiry block. */
export function lifeOf(
  { feed }: { readonly feed: Pick<HeightFeed, 'follow'> },
  { expiryBlock }: Execution,
  stopped: AbortSignal,
): Life {
  const over = new AbortController();
  const signal = AbortSignal.any([stopped, over.signal]);
  const watch = async (): Promise<void> => {
    for await (const height of feed.follow(signal))
      if (height >= expiryBlock) over.abort(new LeaseOver(`block ${expiryBlock} is final`));
  };
  void watch();
  return { signal, end: () => over.abort() };
}

/**
 * Retries a record until it is kept: a full disk delays an execution and does not lose it. Undefined if
 * the signal ended it.
 */
export async function untilKept<Value>(
  parts: { readonly note: (note: Note) => void; readonly time: Clock },
  what: string,
  signal: AbortSignal,
  keep: () => Promise<Value>,
): Promise<Value | undefined> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await keep();
    } catch (error) {
      if (error instanceof RangeError) throw error;
      if (failures === 0) parts.note({ code: 'store-failed', text: `${what}: ${messageOf(error)}` });
      await pause(growingMs(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), signal, parts.time);
    }
  }
  return undefined;
}

/** The receipt of an action that ran out of time. */
export function expired(action: string): Receipt {
  return {
    action,
    result: 'expired',
    text: 'the action did not finish before its expiry block',
    extrinsic: null,
  };
}
