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
  /** Start it again; settles when it races. */
  restart(): Promise<void>;
}

const FILE = fileURLToPath(new URL('racer.ts', import.meta.url));
const LOOK_EVERY_MS = 10;
const START_TIMEOUT_MS = 60_000;
const HELD_TIMEOUT_MS = 90_000;
const DONE_TIMEOUT_MS = 120_000;

/** What the processes of one racer told so far. */
interface Heard {
  readonly name: string;
  readonly told: Map<number, string>;
  ready: boolean;
  failure: string | null;
}

export async function startRacer(cluster: TikvCluster, name: string): Promise<Racer> {
  const heard: Heard = { name, told: new Map(), ready: false, failure: null };
  const { told } = heard;
  const wanted = new Set<number>();
  let child: ChildProcess | null = null;

  const send = (message: ToRacer): void => void child?.send(message);

  async function restart(): Promise<void> {
    heard.ready = false;
    child = fork(FILE, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, WATCHBILL_RACER: '1' },
    });
    child.on('message', (message: FromRacer) => hear(heard, message));
    // A message to one that was killed a moment ago is lost, and is sent again to the next.
    child.on('error', () => {});
    send({ kind: 'set-up', endpoints: cluster.endpoints, name });
    await until(heard, `${name} is ready`, START_TIMEOUT_MS, () => heard.ready);
    send({ kind: 'units', units: [...wanted].filter((unit) => !told.has(unit)) });
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
      const all = `${name} told all ${wanted.size} units`;
      await until(heard, all, DONE_TIMEOUT_MS, () => told.size === wanted.size);
      if (heard.failure !== null) throw new Error(`${name}: ${heard.failure}`);
    },
    kill: async () => {
      if (child !== null) await killed(child);
    },
    restart,
  };
}

function hear(heard: Heard, message: FromRacer): void {
  const { name, told } = heard;
  if (message.kind === 'ready') heard.ready = true;
  if (message.kind === 'failed') heard.failure = message.why;
  if (message.kind !== 'told') return;
  const before = told.get(message.unit);
  if (before !== undefined && before !== message.value)
    heard.failure = `${name} told two values of unit ${message.unit}: ${before}, then ${message.value}`;
  told.set(message.unit, message.value);
}

async function until(heard: Heard, what: string, timeoutMs: number, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (heard.failure !== null) throw new Error(`${heard.name}: ${heard.failure}`);
    if (performance.now() > deadline) throw new Error(`${what}: not in ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
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
  await cluster.faults({ KvCommit: 'hold' });
  begin();
  const deadline = performance.now() + HELD_TIMEOUT_MS;
  while (((await cluster.faultsMet()).get('KvCommit') ?? 0) < count) {
    if (performance.now() > deadline)
      throw new Error(`${count} commits were not held in ${HELD_TIMEOUT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
