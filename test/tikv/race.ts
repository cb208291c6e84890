import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TikvCluster } from '@watchbill/testkit/tikv';
import type { FromRacer, ToRacer } from './racer.ts';

/** A racer that is started again under its name when it was killed, and goes on with what it had not told. */
export interface Racer {
  readonly name: string;
  /** What it told of each unit: the value that its record holds. */
  readonly told: ReadonlyMap<number, string>;
  /** Race for these units as well. */
  race(units: readonly number[]): void;
  /** Settles when everything was told that it was sent to race for; rejects where it failed. */
  done(): Promise<void>;
  kill(): Promise<void>;
  /** SIGSTOP; its connections stay. */
  pause(): void;
  resume(): void;
  /** Start it again; settles when it races. */
  restart(): Promise<void>;
}

const FILE = fileURLToPath(new URL('racer.ts', import.meta.url));
const LOOK_EVERY_MS = 10;
const START_TIMEOUT_MS = 60_000;
const HELD_TIMEOUT_MS = 90_000;
const DONE_TIMEOUT_MS = 120_000;

/** As the store has it where nothing else is said. */
const DEFAULT_LOCK_TTL_MS = 1_000;

export async function startRacer(
  cluster: TikvCluster,
  name: string,
  lockTtlMs = DEFAULT_LOCK_TTL_MS,
): Promise<Racer> {
  const told = new Map<number, string>();
  const wanted = new Set<number>();
  let child: ChildProcess | null = null;
  let ready = false;
  let failure: string | null = null;

  const send = (message: ToRacer): void => void child?.send(message);

  function hear(message: FromRacer): void {
    if (message.kind === 'ready') ready = true;
    if (message.kind === 'failed') failure = message.why;
    if (message.kind !== 'told') return;
    const before = told.get(message.unit);
    if (before !== undefined && before !== message.value)
      failure = `${name} told two values of unit ${message.unit}: ${before}, then ${message.value}`;
    told.set(message.unit, message.value);
  }

  async function restart(): Promise<void> {
    ready = false;
    child = fork(FILE, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, WATCHBILL_RACER: '1' },
    });
    child.on('message', hear);
    // A message to one that was killed a moment ago is lost, and is sent again to the next.
    child.on('error', () => {});
    send({ kind: 'set-up', endpoints: cluster.endpoints, name, lockTtlMs });
    await until(`${name} is ready`, START_TIMEOUT_MS, () => ready);
    send({ kind: 'units', units: [...wanted].filter((unit) => !told.has(unit)) });
  }

  async function until(what: string, timeoutMs: number, holds: () => boolean): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!holds()) {
      if (failure !== null) throw new Error(`${name}: ${failure}`);
      if (performance.now() > deadline) throw new Error(`${what}: not in ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async function kill(): Promise<void> {
    const killed = child;
    if (killed === null || killed.exitCode !== null || killed.signalCode !== null) return;
    const gone = once(killed, 'exit');
    killed.kill('SIGKILL');
    await gone;
  }

  await restart();
  return {
    name,
    told,
    race: (units) => {
      for (const unit of units) wanted.add(unit);
      send({ kind: 'units', units });
    },
    done: async () => {
      await until(`${name} told all ${wanted.size} units`, DONE_TIMEOUT_MS, () => told.size === wanted.size);
      if (failure !== null) throw new Error(`${name}: ${failure}`);
    },
    kill,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    restart,
  };
}

/**
 * Hold every commit back, begin, and wait until so many wait: their records are locked then, and not
 * committed.
 */
export async function holdCommits(
  cluster: TikvCluster,
  count: number,
  begin: () => void = () => {},
): Promise<void> {
  await untilMet(cluster, 'hold', count, begin);
}

/**
 * The same for a client that is killed next: its commits never arrive, however late the store sees that it is
 * gone.
 */
export async function loseCommits(
  cluster: TikvCluster,
  count: number,
  begin: () => void = () => {},
): Promise<void> {
  await untilMet(cluster, 'lose-request', count, begin);
}

async function untilMet(
  cluster: TikvCluster,
  fault: 'hold' | 'lose-request',
  count: number,
  begin: () => void,
): Promise<void> {
  await cluster.faults({ KvCommit: fault });
  begin();
  const deadline = performance.now() + HELD_TIMEOUT_MS;
  while (((await cluster.faultsMet()).get('KvCommit') ?? 0) < count) {
    if (performance.now() > deadline)
      throw new Error(`${count} commits were not held in ${HELD_TIMEOUT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
