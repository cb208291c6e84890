import { messageOf } from '@watchbill/kit';
import type { Watch, WatchHandlers } from '../port.ts';
import { closedFault } from './checks.ts';

/** The store of a watch. */
export interface Watched {
  readonly kind: string;
  readonly closing: AbortSignal;
  readonly log: (message: string) => void;
}

/** How an adapter follows changes: until `ended` aborts. It calls `onReady` once, and rejects if refused. */
export type Follow = (handlers: WatchHandlers, ended: AbortSignal, onReady: () => void) => Promise<void>;

/**
 * A watch that runs until `stop`, or until the store closes, and then calls `onEnd`. A handler that throws,
 * or one called after the end, has no effect on others.
 */
export function runningWatch(
  { kind, closing, log }: Watched,
  handlers: WatchHandlers,
  follow: Follow,
  onEnd: () => void = () => {},
): Watch {
  const stopping = new AbortController();
  const ended = AbortSignal.any([stopping.signal, closing]);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // An unhandled rejection of `ready` must not end the process.
  promise.catch(() => {});
  const end = (): void => {
    onEnd();
    reject(closedFault(kind));
  };
  ended.addEventListener('abort', end, { once: true });
  if (ended.aborted) end();
  const guard = (action: () => void): void => {
    if (ended.aborted) return;
    try {
      action();
    } catch (error) {
      log(`a watch handler threw: ${messageOf(error)}`);
    }
  };
  const guarded: WatchHandlers = {
    onChange: (change) => guard(() => handlers.onChange(change)),
    onResync: () => guard(() => handlers.onResync()),
  };
  void follow(guarded, ended, resolve).catch(reject);
  return { ready: promise, stop: () => stopping.abort() };
}
