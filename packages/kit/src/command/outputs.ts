import type { Writable } from 'node:stream';
import { causeText } from '../index.ts';
import { EXIT } from './exit.ts';

/** Whether standard output is still read, and whether all of it was written. */
export interface Outputs {
  /**
   * Calls the listener once the reader of standard output is gone, and at once if it is gone already.
   * Returns a function that stops listening.
   */
  readonly onGone: (listener: () => void) => () => void;
  /** The exit status: a command that succeeded and could not print its result ends with a fault. */
  readonly statusOf: (exitCode: number) => number;
}

/**
 * Watches outputs that may close before the command ends. A reader that leaves early (`| head`) is no fault:
 * the command finishes its work and keeps its exit status. If the output cannot be written for another
 * reason, for example a full disk, standard error reports that once. Lines of a log that cannot be written
 * are lost, because a service must keep granting without its log.
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
