import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine, type Machine } from './machine.ts';

/** Everything that a bench starts and must be gone at its end, however it ends. */
export interface Stage {
  /** A folder of its own, removed last. */
  readonly folder: string;
  /** As it was before the bench began. */
  readonly machine: Machine;
  /** Aborted when the bench ends or is interrupted: long work in this process stops by it. */
  readonly signal: AbortSignal;
  /**
   * Wait for something that starts. It is stopped at the end, in the reverse order of these calls, also where
   * the bench was interrupted while it was still starting.
   */
  start<Started>(starting: Promise<Started>, stop: (started: Started) => Promise<void>): Promise<Started>;
}

/** Calls back once when the process that started this one is gone; answers how to stop watching. */
export type OnceAbandoned = (callback: () => void) => () => void;

/** The bench was told to stop: there is no result. */
export class Interrupted extends Error {
  constructor(by: string) {
    super(`stopped by ${by}`);
    this.name = 'Interrupted';
  }
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Run a bench; whether it ends well, fails or is interrupted, all that it started is stopped first. */
export async function onStage<Result>(
  bench: (stage: Stage) => Promise<Result>,
  onceAbandoned: OnceAbandoned,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-bench-'));
  const stops: (() => Promise<void>)[] = [];
  const interrupted = Promise.withResolvers<never>();
  const forget = onInterruption((by) => interrupted.reject(new Interrupted(by)), onceAbandoned);
  const ending = new AbortController();
  const stage: Stage = {
    folder,
    machine: describeMachine(folder),
    signal: ending.signal,
    start: (starting, stop) => {
      stops.push(async () => {
        const started = await starting.then((value) => ({ value })).catch(() => null);
        if (started !== null) await stop(started.value);
      });
      return starting;
    },
  };
  try {
    return await Promise.race([bench(stage), interrupted.promise]);
  } finally {
    ending.abort();
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
    rmSync(folder, { recursive: true, force: true });
    forget();
  }
}

/** A second signal during the stopping changes nothing: what was started must not outlive this process. */
function onInterruption(interrupt: (by: string) => void, onceAbandoned: OnceAbandoned): () => void {
  for (const signal of SIGNALS) process.on(signal, interrupt);
  const stopWatching = onceAbandoned(() => interrupt('the end of npm'));
  return () => {
    stopWatching();
    for (const signal of SIGNALS) process.off(signal, interrupt);
  };
}
