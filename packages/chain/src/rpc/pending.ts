import type { Clock } from '@watchbill/kit';
import type { NodeFault } from './fault.ts';

/** A call without an answer yet. */
export interface Pending {
  readonly id: number;
  readonly method: string;
  readonly text: string;
  /** Monotonic milliseconds at which it was sent; null while it waits for a connection. */
  sentAtMs: number | null;
  /** Both run in the turn of the event loop in which the message came, before the next message is read. */
  readonly succeed: (result: unknown) => void;
  readonly fail: (fault: NodeFault) => void;
}

/** The running calls, each with its deadline. */
export interface PendingCalls {
  readonly size: () => number;
  readonly all: () => readonly Pending[];
  readonly unsent: () => readonly Pending[];
  /** `onLate` is called when the deadline comes before the call was taken. */
  readonly add: (call: Pending, timeoutMs: number, onLate: (call: Pending) => void) => void;
  /** Removes the call and stops its deadline; undefined if it is unknown or was taken already. */
  readonly take: (id: number) => Pending | undefined;
}

export function createPendingCalls(clock: Clock): PendingCalls {
  const calls = new Map<number, { readonly call: Pending; readonly done: AbortController }>();
  const all = (): readonly Pending[] => [...calls.values()].map(({ call }) => call);

  function take(id: number): Pending | undefined {
    const entry = calls.get(id);
    calls.delete(id);
    entry?.done.abort();
    return entry?.call;
  }

  return {
    size: () => calls.size,
    all,
    unsent: () => all().filter((call) => call.sentAtMs === null),
    add: (call, timeoutMs, onLate) => {
      const done = new AbortController();
      calls.set(call.id, { call, done });
      void clock.sleep(timeoutMs, done.signal).then(() => {
        if (!done.signal.aborted && take(call.id) !== undefined) onLate(call);
      });
    },
    take,
  };
}
