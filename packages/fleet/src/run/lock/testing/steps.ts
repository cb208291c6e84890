import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';
import { type Lock, takeLock } from '../lock.ts';
import type { Processes } from '../mark.ts';

/** Actions of others before a process takes its next step: by the number of the step. */
export type Beside = ReadonlyMap<number, () => void>;

/** Simulated processes that take one lock step by step: a step is a call of the file system. */
export interface Stepped {
  /** Takes the lock as this process; it may die on its way. */
  readonly take: (pid: number, beside?: Beside) => void;
  readonly release: (pid: number) => void;
  /** From now on the process makes no step. */
  readonly die: (pid: number) => void;
  /** The live processes that hold the lock. */
  readonly holders: () => readonly number[];
  /** The most that held it at one moment. */
  readonly most: () => number;
  /** How many steps the last take of this process had. */
  readonly stepsOf: (pid: number) => number;
  /** All are forgotten, and live again under their numbers. */
  readonly begin: () => void;
}

class Death extends Error {}

const STEPS = ['linkSync', 'renameSync', 'rmSync', 'readFileSync', 'openSync', 'readdirSync'] as const;

/**
 * Calls `before` ahead of each step while the test runs. `mock.method` is not used, because it keeps a stack
 * trace of every call.
 */
function patch(context: TestContext, before: () => void): void {
  const real = Object.fromEntries([...STEPS, 'fsyncSync' as const].map((name) => [name, fs[name]]));
  for (const name of STEPS) {
    const original = fs[name] as (...args: readonly unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (...args: readonly unknown[]) => {
        before();
        return original(...args);
      },
    });
  }
  // The disk of a test is not switched off.
  Object.assign(fs, { fsyncSync: () => undefined });
  syncBuiltinESMExports();
  context.after(() => {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  });
}

/** Wraps the functions of `node:fs` for the time of the test. */
export function stepped(context: TestContext, file: () => string): Stepped {
  const dead = new Set<number>();
  const held = new Map<number, Lock & { ok: true }>();
  let now: { readonly pid: number; step: number; readonly beside: Beside } | null = null;
  const steps = new Map<number, number>();
  let most = 0;
  const before = (): void => {
    if (now === null) return;
    if (dead.has(now.pid)) throw new Death();
    const mine = now;
    const what = mine.beside.get(mine.step);
    mine.step += 1;
    now = null;
    what?.();
    now = mine;
    if (dead.has(mine.pid)) throw new Death();
  };
  patch(context, before);
  const processes = (pid: number): Processes => ({
    self: () => ({ pid, startTicks: '1', boot: 'this' }),
    lives: (holder) => !dead.has(holder.pid),
  });
  const as = (pid: number, beside: Beside, work: () => void): void => {
    const last = now;
    now = { pid, step: 0, beside };
    try {
      work();
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    } finally {
      if (now !== null) steps.set(pid, now.step);
      now = last;
    }
  };
  return {
    take: (pid, beside = new Map()) =>
      as(pid, beside, () => {
        const lock = takeLock(file(), processes(pid));
        if (lock.ok) held.set(pid, lock);
        most = Math.max(most, held.size);
      }),
    release: (pid) =>
      as(pid, new Map(), () => {
        held.get(pid)?.release();
        held.delete(pid);
      }),
    die: (pid) => {
      dead.add(pid);
      held.delete(pid);
    },
    holders: () => [...held.keys()],
    most: () => most,
    stepsOf: (pid) => steps.get(pid) ?? 0,
    begin: () => {
      dead.clear();
      held.clear();
      most = 0;
    },
  };
}
