import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SimulatedProcess } from './schema.ts';

/** Programs that run beside the nodes. */
export interface BesideProcesses {
  /** The programs that ended by themselves, and how. */
  readonly ended: () => readonly { readonly name: string; readonly how: string }[];
  /** SIGTERM, then SIGKILL at the deadline; resolves when all are gone. */
  readonly stop: (deadlineMs: number) => Promise<void>;
}

/** Starts them; what they print goes to NAME.log in the folder. */
export function startBeside(
  processes: readonly SimulatedProcess[],
  { from, logs }: { readonly from: string; readonly logs: string },
): BesideProcesses {
  const endings: { readonly name: string; readonly how: string }[] = [];
  const running = new Map<ChildProcess, Promise<void>>();
  for (const { name, command, args, env } of processes) {
    const log = openSync(join(logs, `${name}.log`), 'a', 0o600);
    const child = spawn(command.includes('/') ? resolve(from, command) : command, args, {
      cwd: from,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    running.set(
      child,
      new Promise((gone) => {
        const over = (how: string) => {
          if (!running.delete(child)) return;
          endings.push({ name, how });
          gone();
        };
        child.once('exit', (code, signal) =>
          over(signal === null ? `exit code ${code}` : `signal ${signal}`),
        );
        child.once('error', (error) => over(error.message));
      }),
    );
  }
  return {
    ended: () => [...endings],
    stop: async (deadlineMs) => {
      const last = [...running];
      for (const [child] of last) child.kill('SIGTERM');
      const forced = setTimeout(() => {
        for (const [child] of last) child.kill('SIGKILL');
      }, deadlineMs);
      await Promise.all(last.map(([, gone]) => gone));
      clearTimeout(forced);
    },
  };
}
