import type { Writable } from 'node:stream';
import { causeText } from '@watchbill/base';
import { EXIT } from './exit.ts';

/** What became of standard output and standard error. */
export interface Outputs {
  /**
   * Calls the listener once nobody reads standard output any more, at once where that is so already; returns
   * the way to stop listening.
   */
  readonly onGone: (listener: () => void) => () => void;
  /**
   * The status to end with: a command that was done and could not say so has not done all that it was asked
   * to.
   */
  readonly statusOf: (exitCode: number) => number;
}

/**
 * Outputs that end before the command does. A reader that has seen enough (`| head`) is no fault and ends
 * nothing: what was begun is done, and the status is the one of what was done. What cannot be written for
 * another reason (a full disk) is told on standard error, once. Lines of a log that cannot be written are
 * lost: a service that signs for somebody does not end for want of a log.
 */
export function watchOutputs(out: Writable, err: Pick<Writable, 'on' | 'write'>): Outputs {
  const listeners = new Set<() => void>();
  let isGone = false;
  let lost: string | null = null;
  out.on('error', (error: NodeJS.ErrnoException) => {
    if (!isReaderGone(error)) {
      if (lost === null) err.write(`error: the output could not be written: ${causeText(error)}\n`);
      lost ??= error.message;
    }
    if (isGone) return;
    isGone = true;
    for (const listener of listeners) listener();
  });
  err.on('error', () => undefined);
  return {
    onGone: (listener) => {
      if (isGone) listener();
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    statusOf: (exitCode) => (lost !== null && exitCode === EXIT.ok ? EXIT.fault : exitCode),
  };
}

function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
