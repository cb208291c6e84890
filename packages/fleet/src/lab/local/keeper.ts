import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { messageOf, until } from '@watchbill/kit';
import { type ProcessMark, processMark, sameProcess } from '../../run/lock/index.ts';
import type { LocalFolder } from './folder.ts';

/** An event of one node. */
export type KeeperEvent =
  /** A node of the relay chain runs in place of this node of a parachain. */
  | { readonly kind: 'stand-in'; readonly node: string }
  | { readonly kind: 'started'; readonly node: string; readonly pid: number }
  | { readonly kind: 'ended'; readonly node: string; readonly how: string; readonly againMs: number | null }
  | { readonly kind: 'gave-up'; readonly node: string; readonly how: string }
  | { readonly kind: 'leftover'; readonly node: string; readonly pid: number }
  | { readonly kind: 'not-noted'; readonly node: string; readonly why: string };

export interface KeptProgram {
  readonly name: string;
  /** Returns the path of the executable, at each start. */
  readonly program: () => string;
  readonly args: () => readonly string[];
  readonly logFile: string;
}

/** Keeps one process of a node alive. A new one starts only after the last one is gone. */
export interface Keeper {
  readonly start: () => void;
  readonly pid: () => number | null;
  readonly restarts: () => number;
  readonly state: () => 'running' | 'waiting' | 'gave-up' | 'stopped';
  /** SIGTERM, then SIGKILL at the deadline. Resolves when it is gone. */
  readonly stop: (deadlineMs: number) => Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** After running this long, a node may again fail as often as a new one. */
const STEADY_MS = 60_000;
const MOST_FAILURES = 10;
const LARGEST_LOG_BYTES = 64 << 20;
const KILLED_MS = 10_000;

/**
 * Of util-linux, on Linux: the kernel kills the node when the process that keeps it ends, even by SIGKILL.
 */
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));

export function keeper(kept: KeptProgram, folder: LocalFolder, tell: (event: KeeperEvent) => void): Keeper {
  const { name } = kept;
  let child: ChildProcess | null = null;
  let state: ReturnType<Keeper['state']> = 'stopped';
  let failures = 0;
  let restarts = 0;
  let timer: NodeJS.Timeout | null = null;
  const isNoted = noting(folder, name, tell);

  function begin(): void {
    state = 'running';
    const sinceMs = performance.now();
    const started = spawnNode(kept);
    child = started;
    const { pid } = started;
    // Ends a process that could not be recorded, because it would be unknown after a crash.
    if (pid !== undefined && !isNoted(() => processMark(pid))) started.kill('SIGKILL');
    if (pid !== undefined) tell({ kind: 'started', node: name, pid });
    onEnd(started, (how) => {
      child = null;
      // A mark that remains is harmless: the next start finds that its process is gone.
      isNoted(() => null);
      if (state === 'running') again(how, performance.now() - sinceMs);
    });
  }

  function again(how: string, ranMs: number): void {
    failures = ranMs > STEADY_MS ? 1 : failures + 1;
    if (failures >= MOST_FAILURES) {
      state = 'gave-up';
      tell({ kind: 'gave-up', node: name, how });
      return;
    }
    state = 'waiting';
    const againMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
    tell({ kind: 'ended', node: name, how, againMs });
    timer = setTimeout(() => {
      timer = null;
      restarts += 1;
      begin();
    }, againMs);
  }

  return {
    start: () => {
      if (child !== null || timer !== null) throw new Error(`${name} already has a keeper`);
      failures = 0;
      begin();
    },
    pid: () => child?.pid ?? null,
    restarts: () => restarts,
    state: () => state,
    stop: async (deadlineMs) => {
      state = 'stopped';
      if (timer !== null) clearTimeout(timer);
      timer = null;
      if (child !== null) await ended(child, deadlineMs);
    },
  };
}

/** Records which process runs the node; false, with an event, if it cannot be recorded. */
function noting(folder: LocalFolder, name: string, tell: (event: KeeperEvent) => void) {
  return (mark: () => ProcessMark | null): boolean => {
    try {
      note(folder, name, mark());
      return true;
    } catch (error) {
      tell({ kind: 'not-noted', node: name, why: messageOf(error) });
      return false;
    }
  };
}

/** Calls once when a process has ended or was never started, with the reason, for example `exit code 1`. */
function onEnd(child: ChildProcess, ended: (how: string) => void): void {
  let isOver = false;
  const over = (how: string): void => {
    if (isOver) return;
    isOver = true;
    ended(how);
  };
  child.once('exit', (code, signal) => over(signal === null ? `exit code ${code}` : `signal ${signal}`));
  child.once('error', (error) => over(error.message));
}

/** Ends a process by SIGTERM, and by SIGKILL after the deadline. Settles when it is gone. */
async function ended(child: ChildProcess, deadlineMs: number): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  await gone;
  clearTimeout(forced);
}

function spawnNode({ program: programNow, args, logFile }: KeptProgram): ChildProcess {
  const program = programNow();
  if (existsSync(logFile) && statSync(logFile).size > LARGEST_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a', 0o600);
  try {
    const [first, ...rest] =
      SETPRIV === undefined ? [program] : [SETPRIV, '--pdeathsig', 'KILL', '--', program];
    // A separate process group: Ctrl-C in a terminal reaches only the keeper, which stops nodes in order.
    return spawn(first ?? program, [...rest, ...args()], { stdio: ['ignore', log, log], detached: true });
  } finally {
    closeSync(log);
  }
}

function note(folder: LocalFolder, name: string, mark: ProcessMark | null): void {
  folder.change((state) => {
    const { [name]: _last, ...others } = state.running;
    return { ...state, running: mark === null ? others : { ...others, [name]: mark } };
  });
}

/**
 * Ends processes that an earlier keeper left behind, and waits until they are gone, because two processes of
 * a node must never run at the same time. Throws if one does not end.
 */
export async function endLeftovers(folder: LocalFolder, tell: (event: KeeperEvent) => void): Promise<void> {
  for (const [name, mark] of Object.entries(folder.state().running)) {
    if (sameProcess(mark)) {
      tell({ kind: 'leftover', node: name, pid: mark.pid });
      process.kill(mark.pid, 'SIGKILL');
      const gone = () => (sameProcess(mark) ? null : true);
      if ((await until(gone, { pauseMs: 20, withinMs: KILLED_MS })) === null)
        throw new Error(`process ${mark.pid} of ${name} does not end`);
    }
    note(folder, name, null);
  }
}
