import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Clock, isLoopback } from '@watchbill/kit';
import { GuardFault } from '../fault.ts';
import { otherServer } from './other-server.ts';

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
 * `rpc`: the URL of its RPC; null if no process is to be looked for there.
 */
export async function startNode(command: readonly string[], clock: Clock, rpc: string | null = null) {
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
     * Throws a GuardFault if another process of this machine serves the RPC: its answers are not those of the
     * node that would get the keys. One that this node started, as behind a script, would go on after the end
     * of this one, and sign: it is ended first.
     */
    refuseOtherServer: (): void => refuseOtherServer(pid, rpc),
  };
}

/** A node that the guard started. It never outlives the guard. */
export type NodeProcess = Awaited<ReturnType<typeof startNode>>;

function refuseOtherServer(pid: number, rpc: string | null): void {
  const { hostname, port } = new URL(rpc ?? 'ws://0.0.0.0');
  const server = rpc === null ? null : otherServer(pid, Number(port || '80'));
  if (server === null) return;
  if (server.isBelow) {
    process.kill(server.pid, 'SIGTERM');
    throw new GuardFault(
      'process',
      `the node ${server.name} (process ${server.pid}) runs behind the command that the guard started (process ${pid}), and would go on after its end`,
      'name the node itself as the command; in a script, start it with `exec`',
    );
  }
  // At an address of another machine, a listener of this one says nothing.
  if (!isLoopback(hostname)) return;
  const who = server.pid === 0 ? 'a process of another user' : `${server.name} (process ${server.pid})`;
  throw new GuardFault(
    'process',
    `${who} serves ${hostname}:${port || '80'} (--rpc), and not the node that the guard started (process ${pid})`,
    'stop the other process, or name the RPC of this node (--rpc-port of its command); a node in a container needs its guard inside',
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
