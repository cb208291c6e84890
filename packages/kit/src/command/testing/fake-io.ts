import { visibleLines } from '../../index.ts';
import type { Door } from '../door.ts';
import { type Io, systemIo } from '../io.ts';
import { runCommandLine } from '../run.ts';

/** A process that a test looks into. */
export interface FakeIo extends Io {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Closes the reader of the output. */
  readonly closeOutput: () => void;
  readonly signal: (name: 'SIGTERM' | 'SIGINT') => void;
  readonly exits: readonly number[];
}

export interface FakeSettings {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly outIsTerminal?: boolean;
  readonly errIsTerminal?: boolean;
  /** Answers of a person at the terminal, one after the other. Without them there is no terminal. */
  readonly answers?: readonly string[];
}

export function fakeIo(settings: FakeSettings): FakeIo {
  const out: string[] = [];
  const err: string[] = [];
  const exits: number[] = [];
  const readers = new Set<() => void>();
  const answers = settings.answers === undefined ? null : [...settings.answers];
  const listeners = new Set<(name: 'SIGTERM' | 'SIGINT') => void>();
  return {
    out: (text) => void out.push(visibleLines(text)),
    err: (text) => void err.push(visibleLines(text)),
    draw: (sequence) => void out.push(sequence),
    outIsTerminal: settings.outIsTerminal ?? false,
    errIsTerminal: settings.errIsTerminal ?? false,
    askHidden: answers === null ? null : async () => answers.shift() ?? '',
    env: settings.env ?? {},
    cwd: settings.cwd,
    clock: {
      nowMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          const timer = setImmediate(resolve);
          signal?.addEventListener('abort', () => {
            clearImmediate(timer);
            resolve();
          });
        }),
    },
    random: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    onStopSignal: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onOutputGone: (listener) => {
      readers.add(listener);
      return () => void readers.delete(listener);
    },
    exitNow: (code) => void exits.push(code),
    stdout: () => out.join(''),
    stderr: () => err.join(''),
    closeOutput: () => {
      for (const listener of readers) listener();
    },
    signal: (name) => {
      for (const listener of listeners) listener(name);
    },
    exits,
  };
}

/** The same with the clock and the environment of this process, for commands that reach real programs. */
export function realIo(cwd: string): FakeIo {
  const { clock, env, random } = systemIo();
  return { ...fakeIo({ cwd }), clock, env, random };
}

/** One finished command. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both outputs together, for looking what must not stand in them. */
  readonly all: string;
}

/** The command line of these doors for tests, in this process or in a fake one. */
export function runners(doors: readonly Door[]) {
  const runCli = (args: readonly string[], io: Io) => runCommandLine(doors, args, io);
  const runFake = async (args: readonly string[], settings: FakeSettings): Promise<Ran> => {
    const io = fakeIo(settings);
    const code = await runCli(args, io);
    return { code, stdout: io.stdout(), stderr: io.stderr(), all: io.stdout() + io.stderr() };
  };
  return { runCli, runFake };
}
