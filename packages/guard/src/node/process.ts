import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '@watchbill/kit';
import { GuardFault } from '../fault.ts';
import { servedBelow } from './served-below.ts';

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * util-linux. The kernel then kills the node if the guard dies for any reason (`prctl(2)`, PR_SET_PDEATHSIG).
 */
const TIED_TO_GUARD = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

/**
 * Starts the node's command. Rejects if it cannot be started. Its output goes where the guard's goes.
 * `rpcPort`: the port of its RPC on this machine; null if the RPC is elsewhere.
 */
export async function startNode(command: readonly string[], clock: Clock, rpcPort: number | null = null) {
  const [program, ...args] = [...TIED_TO_GUARD, ...command];
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env: environment() });
  const ended = endOf(child);
  try {
    await once(child, 'spawn');
  } catch (error) {
    const what = 'the node cannot be started: setpriv is missing';
    throw new GuardFault('process', what, 'install util-linux', error);
  }
  const pid = child.pid ?? 0;
  return {
    pid,
    /** Resolves when the process is gone: no signature of it can follow. */
    ended,
    /** SIGTERM; SIGKILL after the deadline. Resolves when the process is gone. */
    stop: (deadlineMs: number): Promise<ProcessEnd> => stop(child, ended, deadlineMs, clock),
    /**
     * Throws a GuardFault if a process that this one started serves the RPC, as behind a script: it would go
     * on after the end of this one, and sign. Ends that process before it throws.
     */
    refuseWrapper: (): void => refuseWrapper(pid, rpcPort),
  };
}

/** A node that the guard started. It never outlives the guard. */
export type NodeProcess = Awaited<ReturnType<typeof startNode>>;

function refuseWrapper(pid: number, rpcPort: number | null): void {
  const below = rpcPort === null ? null : servedBelow(pid, rpcPort);
  if (below === null) return;
  process.kill(below.pid, 'SIGTERM');
  throw new GuardFault(
    'process',
    `the node ${below.name} (process ${below.pid}) runs behind the command that the guard started (process ${pid}), and would go on after its end`,
    'name the node itself as the command; in a script, start it with `exec`',
  );
}

/**
 * Variables that only the guard gets: with them a node could feed the guard's watchdog, or read its identity.
 */
const GUARD_ONLY = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'CREDENTIALS_DIRECTORY'];

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !GUARD_ONLY.includes(name)));
}

function endOf(child: ChildProcess): Promise<ProcessEnd> {
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  child.once('exit', (code, signal) => resolve({ code, signal }));
  return promise;
}

async function stop(
  child: ChildProcess,
  ended: Promise<ProcessEnd>,
  deadlineMs: number,
  clock: Clock,
): Promise<ProcessEnd> {
  const done = new AbortController();
  // A stopped process (SIGSTOP) takes SIGTERM only after it goes on.
  child.kill('SIGTERM');
  const late = clock.sleep(deadlineMs, done.signal).then(() => {
    if (!done.signal.aborted) child.kill('SIGKILL');
  });
  const end = await ended;
  done.abort();
  await late;
  return end;
}
