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
  let last: Started | null = null;
  let stopped = false;
  const running = (): boolean => last !== null && last.end() === null;

  function signal(which: NodeJS.Signals): void {
    if (!running()) return;
    last?.child.kill(which);
    if (which === 'SIGSTOP' || which === 'SIGCONT') stopped = which === 'SIGSTOP';
  }

  async function gone(deadlineMs: number): Promise<boolean> {
    const late = new AbortController();
    await Promise.race([last?.ended, sleep(deadlineMs, null, late).catch(() => null)]);
    late.abort();
    return !running();
  }

  async function kill(): Promise<ProcessEnd | null> {
    signal('SIGKILL');
    if (!(await gone(KILL_TIMEOUT_MS)))
      throw new Error(`${name} lives on ${KILL_TIMEOUT_MS} ms after SIGKILL`);
    return last?.end() ?? null;
  }

  const output = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8').replace(COLOUR, '') : '');

  return {
    start: (command, env) => {
      if (running()) throw new Error(`${name} runs already`);
      last = startedProcess(spawnInto(logFile, command, env, settings));
      stopped = false;
    },
    pid: () => (running() ? (last?.child.pid ?? null) : null),
    running,
    paused: () => stopped && running(),
    exited: () => last?.end() ?? null,
    end: async (which) => {
      if (which !== undefined) signal(which);
      await endOf(last);
    },
    stop: async (deadlineMs) => {
      signal('SIGCONT');
      signal('SIGTERM');
      await gone(deadlineMs);
      return kill();
    },
    kill,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    usage: () => usageOf(name, running() ? last?.child.pid : undefined),
    output,
    tail: (lines) => output().trim().split('\n').slice(-lines).join('\n'),
  };
}

interface Started {
  readonly child: ChildProcess;
  /** Null while it runs. */
  end(): ProcessEnd | null;
  readonly ended: Promise<void>;
}

function startedProcess(child: ChildProcess): Started {
  let end: ProcessEnd | null = null;
  const ended = new Promise<void>((resolve) => {
    const note = (code: number | null, signal: NodeJS.Signals | null): void => {
      end ??= { code, signal, atMs: Date.now() };
      resolve();
    };
    child.once('exit', note);
    child.once('error', () => note(null, null));
  });
  return { child, end: () => end, ended };
}

/** A detached process alone does not keep this one from ending before it. */
async function endOf(started: Started | null): Promise<void> {
  started?.child.ref();
  await started?.ended;
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
