import { setTimeout } from 'node:timers/promises';
import type { Clock, Random } from '@watchbill/store';
import type { Outputs } from './outputs.ts';

/** What a command touches of the process around it, so that commands run in tests without one. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** True where a person reads standard output. */
  readonly outIsTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Calls the listener for each SIGTERM and SIGINT; returns the way to stop listening. */
  readonly onStopSignal: (listener: (signal: 'SIGTERM' | 'SIGINT') => void) => () => void;
  /**
   * Calls the listener once nobody reads standard output any more; returns the way to stop listening. For commands that do nothing but
   * print until they are stopped: all others go on and are done.
   */
  readonly onOutputGone: (listener: () => void) => () => void;
  /** Ends the process without waiting for anything. */
  readonly exitNow: (code: number) => void;
}

/** As `systemClock()` of the store, with which every engine of it would be loaded before the first word is read. */
const CLOCK: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    setTimeout(Math.max(0, ms), undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
};

/** The real process. */
export function systemIo(outputs?: Outputs): Io {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    env: process.env,
    cwd: process.cwd(),
    clock: CLOCK,
    random: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    onStopSignal: (listener) => {
      process.on('SIGTERM', listener);
      process.on('SIGINT', listener);
      return () => {
        process.off('SIGTERM', listener);
        process.off('SIGINT', listener);
      };
    },
    onOutputGone: (listener) => outputs?.onGone(listener) ?? (() => undefined),
    exitNow: (code) => process.exit(code),
  };
}
