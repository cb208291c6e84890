import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** A process that the demonstration started. */
export interface Child {
  readonly pid: number;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
}

export type Processes = ReturnType<typeof childProcesses>;

/**
 * Loaded into every child before its own code: it ends when the pipe to its parent closes, so that not even
 * kill -9 of the parent leaves it behind.
 */
const LEASH = 'data:text/javascript,process.on("disconnect",()=>process.exit(1));process.channel?.unref();';

/** Starts processes and sees to it that none of them outlives this one, whatever way it ends. */
export function childProcesses() {
  const running = new Map<number, Child>();
  process.on('exit', killAll);

  function killAll(): void {
    for (const child of running.values()) child.kill('SIGKILL');
  }

  /** SIGTERM to every child, SIGKILL to those that have not ended in time; resolves when all have ended. */
  async function stopAll(graceMs: number): Promise<void> {
    const children = [...running.values()];
    for (const child of children) child.kill('SIGTERM');
    const timer = setTimeout(killAll, graceMs);
    await Promise.all(children.map((child) => child.ended));
    clearTimeout(timer);
    process.off('exit', killAll);
  }

  return {
    /** Arguments after the executable of Node; output goes to the end of `logFile`. */
    start: (args: readonly string[], logFile: string): Child => {
      const child = launch(args, logFile);
      running.set(child.pid, child);
      void child.ended.then(() => running.delete(child.pid));
      return child;
    },
    stopAll,
  };
}

function launch(args: readonly string[], logFile: string): Child {
  const log = openSync(logFile, 'a', 0o600);
  let child: ChildProcess;
  // A separate process group: Ctrl-C in the terminal reaches the parent alone, which then ends its children
  // in order.
  try {
    const own = process.execArgv.filter((flag) => !flag.startsWith('--test'));
    child = spawn(process.execPath, [...own, '--import', LEASH, ...args], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
  const { pid } = child;
  if (pid === undefined) throw new Error(`${process.execPath} could not be started`);
  const ended = new Promise<Awaited<Child['ended']>>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  // A send to a child that has ended is no fault here: the demo watches its end.
  child.on('error', () => undefined);
  return { pid, ended, kill: (signal) => void child.kill(signal) };
}
