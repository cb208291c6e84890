import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Transaction } from '@watchbill/duty/store';
import { createMemoryStore, type MemoryStore } from '@watchbill/duty/store/testing/memory-store';
import { systemClock } from '@watchbill/kit';
import { keyNameOf } from '../custody/key-name.ts';
import { type RoleRecord, taken } from '../pair/record.ts';
import { markFile } from '../run/memory.ts';
import { recordIn, write } from './pair-ground.ts';
import { KEYS } from './start-guard.ts';

export type MachineName = 'alpha' | 'bravo';

export interface GuardProcessSettings {
  readonly name: MachineName;
  readonly folder: string;
  readonly hasFence: boolean;
  /** Takes the role over for this machine, as a person's command does, in place of running its guard. */
  readonly isCommand: boolean;
}

export type Asked =
  | { readonly method: 'read'; readonly argument: readonly string[] }
  | { readonly method: 'transact'; readonly argument: readonly Transaction[] }
  | { readonly method: 'power-off'; readonly argument: string };

/** A question of a guard to the test. */
export type Question = Asked & { readonly id: number };

export interface Answer {
  readonly id: number;
  readonly result: unknown;
}

const PROGRAM = fileURLToPath(new URL('guard-process.ts', import.meta.url));
const SLOT_MS = 1_000;
const DEADLINE_MS = 90_000;
const LOOK_MS = 20;

interface Machine {
  readonly folder: string;
  readonly keystore: string;
  /** Every process of its node. */
  readonly nodes: number[];
  guard: ChildProcess | null;
}

type Machines = Readonly<Record<MachineName, Machine>>;

/**
 * Two guards of one validator as processes over one store. `hasFence`: bravo takes over by itself once alpha
 * is certainly off.
 */
export async function pairProcesses(t: TestContext, hasFence: boolean) {
  const store = createMemoryStore({ clock: systemClock() });
  const machines: Machines = { alpha: machine(t), bravo: machine(t) };
  await write(store, taken(null, { holder: 'alpha', how: 'first', by: 'ada', reason: 'new', seenTerm: 0n }));
  const launch = launcher(store, machines);
  const watch = watchHolders(machines);
  t.after(async () => {
    await watch.stop();
    await kill(machines.alpha);
    await kill(machines.bravo);
    await store.close();
  });
  const settingsOf = (name: MachineName, isCommand: boolean): GuardProcessSettings => {
    const folder = machines[name].folder;
    return { name, folder, isCommand, hasFence: hasFence && name === 'bravo' && !isCommand };
  };
  return {
    kill: (name: MachineName) => kill(machines[name]),
    /** Starts a guard; `failpoint`: the place at which it kills itself. */
    start: (name: MachineName, failpoint?: string): void => {
      machines[name].guard = launch(settingsOf(name, false), failpoint);
    },
    /** Runs the person's command that makes a machine the active one. Settles when it is gone. */
    command: async (name: MachineName, failpoint?: string): Promise<void> => {
      await once(launch(settingsOf(name, true), failpoint), 'exit');
    },
    /** Settles when the guard is gone, and then looks at the folder that it left. */
    untilKilled: (name: MachineName) => untilKilled(machines[name]),
    /** Settles when the active machine holds every key, and the other one none. Gives its name. */
    untilSettled: () => untilSettled(store, machines, watch.check),
    /** The wall clock of a guard steps. */
    step: (name: MachineName, ms: number) => void machines[name].guard?.send({ stepMs: ms }),
    put: async (next: (record: RoleRecord) => RoleRecord) => write(store, next(await recordIn(store))),
  };
}

export type PairProcesses = Awaited<ReturnType<typeof pairProcesses>>;

async function kill(machine: Machine): Promise<void> {
  if (machine.guard === null) return;
  machine.guard.kill('SIGKILL');
  await untilGone(machine);
}

/** Starts processes, and answers their questions from the store. */
function launcher(store: MemoryStore, machines: Machines) {
  const resultOf = async (question: Asked): Promise<unknown> => {
    if (question.method === 'read') return await store.read(question.argument);
    if (question.method === 'transact') return await store.transact(question.argument);
    return await kill(machines[question.argument as MachineName]);
  };
  return (settings: GuardProcessSettings, failpoint?: string): ChildProcess => {
    const { WATCHBILL_FAILPOINT: _, ...env } = process.env;
    const child = fork(PROGRAM, [JSON.stringify(settings)], {
      ...{ serialization: 'advanced', stdio: ['ignore', 'inherit', 'pipe', 'ipc'] },
      env: failpoint === undefined ? env : { ...env, WATCHBILL_FAILPOINT: failpoint },
    });
    child.on('message', async (message: Question | { readonly startedPid: number }) => {
      if ('startedPid' in message) return void machines[settings.name].nodes.push(message.startedPid);
      const result = await resultOf(message);
      // The guard may be gone by now: that is what these tests are about.
      if (child.connected) child.send({ id: message.id, result }, () => undefined);
    });
    return child;
  };
}

async function untilKilled(machine: Machine): Promise<void> {
  const [, signal] = await once(machine.guard ?? assert.fail('no guard'), 'exit', {
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  assert.equal(signal, 'SIGKILL', 'it ended by its failpoint');
  await untilGone(machine);
  assertWhole(machine);
}

async function untilSettled(store: MemoryStore, machines: Machines, check: () => void): Promise<MachineName> {
  for (const endMs = Date.now() + DEADLINE_MS; Date.now() < endMs; await setTimeout(100)) {
    check();
    const holder = (await recordIn(store)).holder as MachineName;
    const active = machines[holder];
    const hasAll = holds(active) && filesOf(active).length === KEYS.length;
    if (hasAll && isShut(machines[holder === 'alpha' ? 'bravo' : 'alpha'])) return holder;
  }
  assert.fail(`not settled: ${JSON.stringify([filesOf(machines.alpha), filesOf(machines.bravo)])}`);
}

function machine(t: TestContext): Machine {
  const folder = mkdtempSync('/dev/shm/watchbill-guard-killed-');
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, keystore: join(folder, 'run/keystore'), nodes: [], guard: null };
}

/** Guard and node are gone: the kernel ends the node after the guard. */
async function untilGone({ guard, nodes }: Machine): Promise<void> {
  const isOver = (): boolean => guard === null || guard.exitCode !== null || guard.signalCode !== null;
  for (const endMs = Date.now() + DEADLINE_MS; Date.now() < endMs; await setTimeout(LOOK_MS))
    if (isOver() && !nodes.some(runs)) return;
  assert.fail('the guard or its node did not end');
}

/** False for a zombie as well: it has ended, and signs nothing. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function filesOf({ keystore }: Machine): readonly string[] {
  try {
    return readdirSync(keystore);
  } catch {
    return [];
  }
}

const keysOf = (machine: Machine): readonly string[] =>
  filesOf(machine).filter((file) => keyNameOf(file) !== null);

/** A node runs on a keystore with keys: it may sign. */
const holds = (machine: Machine): boolean => machine.nodes.some(runs) && keysOf(machine).length > 0;

/** No key is placed, or guard and node are gone: without systemd, the folder stays until the next start. */
function isShut(machine: Machine): boolean {
  const isOff = machine.guard === null || machine.guard.signalCode !== null;
  return isOff ? !holds(machine) : filesOf(machine).length === 0;
}

/**
 * Every file that the node would read is a whole key, and an author's key has a durable mark at or above the
 * slot in which it was placed.
 */
function assertWhole(machine: Machine): void {
  for (const file of keysOf(machine)) {
    const key = KEYS.find(({ name }) => name.file === file) ?? assert.fail(`${file} is no key`);
    const path = join(machine.keystore, file);
    assert.equal(readFileSync(path, 'utf8'), key.content, `${file} is placed by half`);
    if (key.name.danger !== 'authors') continue;
    const placedSlot = BigInt(Math.floor(statSync(path).mtimeMs / SLOT_MS));
    const mark = markFile(join(machine.folder, 'state')).read().slot ?? -1n;
    assert.ok(
      mark >= placedSlot,
      `${file} was placed in slot ${placedSlot}, and the durable mark is ${mark}`,
    );
  }
}

/** Looks all the while whether both machines hold keys. */
function watchHolders({ alpha, bravo }: Machines) {
  const over = new AbortController();
  let both = 0;
  const looking = (async () => {
    for (; !over.signal.aborted; await setTimeout(LOOK_MS)) if (holds(alpha) && holds(bravo)) both += 1;
  })();
  const check = (): void => assert.equal(both, 0, 'both machines held keys');
  return {
    check,
    stop: async () => {
      over.abort();
      await looking;
      check();
    },
  };
}
