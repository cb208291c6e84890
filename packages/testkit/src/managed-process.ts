import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The end of a process. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly atMs: number;
}

export interface ProcessUsage {
  readonly residentBytes: number;
}

export interface ProcessSettings {
  /** Default: the folder of this process. */
  readonly cwd?: string;
  /** It outlives this process, and does not keep it running. Default: it dies with this process. */
  readonly detached?: boolean;
}

/** One program that is started, signalled by its pid and started again, with its output in one file. */
export interface ManagedProcess {
  start(command: readonly string[], env: NodeJS.ProcessEnv): void;
  /** Null if it never ran or has ended. */
  pid(): number | null;
  running(): boolean;
  paused(): boolean;
  /** Its last end; null while it runs or before its first start. */
  exited(): ProcessEnd | null;
  /** Settles when it is gone. A signal, if it is given, is sent first. */
  end(signal?: NodeJS.Signals): Promise<void>;
  /** SIGTERM, and SIGKILL at the deadline. Settles when it is gone. A paused process is resumed first. */
  stop(deadlineMs: number): Promise<ProcessEnd | null>;
  /** SIGKILL. Settles when it is gone, and rejects if it lives on. */
  kill(): Promise<ProcessEnd | null>;
  /** SIGSTOP: connections stay open, but get no answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** From /proc; throws if it does not run. */
  usage(): ProcessUsage;
  /** Its complete output, without colours. */
  output(): string;
  /** The last lines of its output. */
  tail(lines: number): string;
}

/**
 * Of util-linux: Linux kills the process when the test process ends, even by SIGKILL. It becomes the program,
 * so the pid stays.
 */
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
/** The kernel ends a process at once, unless it waits for a disk. */
const KILL_TIMEOUT_MS = 30_000;
const PAUSE_TIMEOUT_MS = 30_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal begin with one
const COLOUR = /\x1b\[[0-9;]*m/g;

export function managedProcess(
  name: string,
  logFile: string,
  settings: ProcessSettings = {},
): ManagedProcess {
  let child: ChildProcess | null = null;
  let last: ProcessEnd | null = null;
  let finished: Promise<void> = Promise.resolve();
  let stopped = false;
  const running = (): boolean => child !== null && last === null;

  function signal(which: NodeJS.Signals): void {
    if (running()) child?.kill(which);
  }

  async function gone(deadlineMs: number): Promise<boolean> {
    const late = new AbortController();
    await Promise.race([finished, sleep(deadlineMs, null, late).catch(() => null)]);
    late.abort();
    return !running();
  }

  async function kill(): Promise<ProcessEnd | null> {
    signal('SIGKILL');
    stopped = false;
    if (!(await gone(KILL_TIMEOUT_MS)))
      throw new Error(`${name} lives on ${KILL_TIMEOUT_MS} ms after SIGKILL`);
    return last;
  }

  const output = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8').replace(COLOUR, '') : '');

  return {
    start: (command, env) => {
      if (running()) throw new Error(`${name} runs already`);
      const started = spawnInto(logFile, command, env, settings);
      [child, last, stopped] = [started, null, false];
      finished = new Promise((resolve) => {
        const ended = (code: number | null, how: NodeJS.Signals | null): void => {
          last ??= { code, signal: how, atMs: Date.now() };
          resolve();
        };
        started.once('exit', ended);
        started.once('error', () => ended(null, null));
      });
    },
    pid: () => (running() ? (child?.pid ?? null) : null),
    running,
    paused: () => stopped && running(),
    exited: () => last,
    end: async (which) => {
      if (which !== undefined) signal(which);
      await finished;
    },
    stop: async (deadlineMs) => {
      if (stopped) signal('SIGCONT');
      stopped = false;
      signal('SIGTERM');
      await gone(deadlineMs);
      return kill();
    },
    kill,
    pause: () => {
      signal('SIGSTOP');
      stopped = running();
    },
    resume: () => {
      signal('SIGCONT');
      stopped = false;
    },
    usage: () => usageOf(name, running() ? child?.pid : undefined),
    output,
    tail: (lines) => output().trim().split('\n').slice(-lines).join('\n'),
  };
}

function spawnInto(
  logFile: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  { cwd, detached = false }: ProcessSettings,
): ChildProcess {
  const [program = '', ...rest] = detached ? command : [...DIES_WITH_US, ...command];
  const log = openSync(logFile, 'a');
  const started = spawn(program, rest, { stdio: ['ignore', log, log], env, detached, ...(cwd && { cwd }) });
  closeSync(log);
  if (detached) started.unref();
  return started;
}

/** Settles when the kernel shows the process as stopped: the signal alone does not show when. */
export async function untilStopped(pid: number, timeoutMs = PAUSE_TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (fieldsAfterName(pid)[0] !== 'T') {
    if (performance.now() > deadline) throw new Error(`process ${pid} did not stop in ${timeoutMs} ms`);
    await sleep(2);
  }
}

function usageOf(name: string, pid: number | undefined): ProcessUsage {
  if (pid === undefined) throw new Error(`${name} does not run, so it uses nothing`);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { residentBytes: Number(resident ?? 0) * 1024 };
}

/** Fields of /proc/PID/stat from the third, the state, on: the second may hold spaces (proc_pid_stat(5)). */
function fieldsAfterName(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(') ') + 2).split(' ');
}
