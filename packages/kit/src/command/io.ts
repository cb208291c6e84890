import { isatty } from 'node:tty';
import { type Clock, type Random, systemClock, systemRandom, visibleLines } from '../index.ts';
import { askAtTerminal } from './ask-hidden.ts';
import type { Outputs } from './outputs.ts';

/**
 * The parts of the process that a command uses. Tests pass their own, and run a command without a process.
 */
export interface Io {
  /**
   * Prints text, safe for any terminal: hidden characters other than line feeds and tabs are written out,
   * see `visible`.
   */
  readonly out: (text: string) => void;
  /** The same on standard error. */
  readonly err: (text: string) => void;
  /** Sends control sequences to the terminal, unchanged. Text from outside must be made visible first. */
  readonly draw: (sequence: string) => void;
  /** True if standard output is a terminal. */
  readonly outIsTerminal: boolean;
  /** True if standard error is a terminal: a person sees what a command says while it waits. */
  readonly errIsTerminal: boolean;
  /**
   * Asks for a secret without showing it; null if no person is at the terminal. Rejects on Ctrl-C and after
   * five minutes.
   */
  readonly askHidden: ((question: string) => Promise<string>) | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Calls the listener for each SIGTERM and SIGINT; returns the way to stop listening. */
  readonly onStopSignal: (listener: (signal: 'SIGTERM' | 'SIGINT') => void) => () => void;
  /**
   * Calls the listener once standard output is closed. Returns a function that stops listening. For
   * commands that print until they are stopped; all others finish their work.
   */
  readonly onOutputGone: (listener: () => void) => () => void;
  /** Ends the process without waiting for anything. */
  readonly exitNow: (code: number) => void;
}

/** The real process. */
export function systemIo(outputs?: Outputs): Io {
  const err = (text: string): void => void process.stderr.write(visibleLines(text));
  return {
    out: (text) => void process.stdout.write(visibleLines(text)),
    err,
    draw: (sequence) => void process.stdout.write(sequence),
    outIsTerminal: process.stdout.isTTY === true,
    // Without `process.stderr`, as below.
    errIsTerminal: isatty(2),
    // Without `process.stdin`: the first look at it opens a stream, and most commands read none.
    askHidden: isatty(0) ? (question) => askAtTerminal(question, err) : null,
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock(),
    random: systemRandom(),
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
