import { randomUUID } from 'node:crypto';
import { digestOf, Fault, fault } from '@watchbill/kit';
import { type MemoryLine, readMemory } from '../apply/memory.ts';
import type { FleetPorts } from './fleet-ports.ts';
import type { LockEvent, LockPlace } from './lock-place.ts';
import { thisHolder } from './lock-record.ts';
import { lockNetwork, repeatWith } from './network-lock.ts';
import { publishLines } from './shared-memory.ts';
import { placeFault } from './targets.ts';

export type LockPorts = Pick<FleetPorts, 'clock' | 'holder' | 'repeat'>;

/** How long a command waits for the lock, and where it reports it. */
export interface LockWishes {
  /** Longest wait for another process that works on the network; 0: none. */
  readonly waitMs: number;
  readonly onLock: (event: LockEvent) => void;
}

export interface ChangeSettings extends LockWishes {
  readonly network: string;
  /** The places that the command touches. */
  readonly places: readonly LockPlace[];
  /**
   * For a person: `put v-iron-0-keys babe at iron`. A second run of the same work ends what the first left
   * open.
   */
  readonly work: string;
  /** The work may change which process signs. It is on record before its first step. */
  readonly isSigning: boolean;
  readonly signal: AbortSignal;
}

/** Before a step: replaces the lock at every place. Throws a Fault `lock-lost` if another process has it. */
export type Confirm = (signal: AbortSignal) => Promise<void>;

/** Begins the names of journals of commands that carry out no plan. They have no file. */
export const COMMAND_JOURNAL = 'command-';

const END_TIMEOUT_MS = 60_000;

/**
 * Holds the lock of a network at some places while a command without a plan changes them. A signing command
 * is in the shared memory from its first {@link Confirm} until it returns; if it throws after that, plans
 * are refused (`unfinished`) until a later run of it returns. Throws a Fault `network-locked` if another
 * process holds the lock. See decision 0025.
 */
export async function underNetworkLock<Value>(
  ports: LockPorts,
  settings: ChangeSettings,
  work: (confirm: Confirm) => Promise<Value>,
): Promise<Value> {
  const { network, places, waitMs, onLock: onEvent, signal } = settings;
  const { clock } = ports;
  const holder = ports.holder ?? thisHolder();
  const repeat = ports.repeat ?? repeatWith(clock);
  const lock = await lockNetwork({
    ...{ network, places, holder, work: settings.work, clock, repeat, waitMs, onEvent, signal },
  });
  let isBegun = false;
  const confirmLock: Confirm = async (outer) => {
    const lost = await lock.confirm(outer);
    if (lost === null) return;
    throw fault('lock-lost', 'unknown', {
      what: `this process no longer holds the lock of network ${network}: ${lost}`,
      remedy: 'find out what the other process does, then run the command again',
    });
  };
  const confirm: Confirm = async (outer) => {
    await confirmLock(outer);
    if (!settings.isSigning || isBegun) return;
    await publish(settings, begunLines(settings, `${holder.user}@${holder.host}`, clock.nowMs()), outer);
    isBegun = true;
    await confirmLock(outer);
  };
  try {
    const value = await work(confirm);
    // A run that was killed between its last step and its end leaves no step to this one.
    if (settings.isSigning) await end(settings);
    return value;
  } finally {
    await lock.release();
  }
}

/** The same for each run of this work. */
function workId({ network, work }: ChangeSettings): string {
  return digestOf({ network, work });
}

/** A place without a memory gets a partial one: whether the network ran before is not known here. */
function begunLines(settings: ChangeSettings, by: string, atMs: number): readonly MemoryLine[] {
  const run = randomUUID();
  const journal = `${COMMAND_JOURNAL}${run}`;
  const signing = [settings.work];
  return [{ what: 'partial' }, { what: 'begun', plan: workId(settings), journal, atMs, run, by, signing }];
}

async function publish(
  { places, network }: ChangeSettings,
  lines: readonly MemoryLine[],
  signal: AbortSignal,
): Promise<void> {
  for (const { name, records } of places) await publishLines(records, name, network, lines, signal);
}

/**
 * Ends the open runs of this work, this one and earlier ones. If it fails, plans are refused, so the event
 * names the place.
 */
async function end(settings: ChangeSettings): Promise<void> {
  const { places, network, onLock } = settings;
  const signal = AbortSignal.timeout(END_TIMEOUT_MS);
  try {
    const runs: string[] = [];
    for (const { name, records } of places) {
      const read = await records.read('memory', signal);
      if (!read.ok) throw placeFault(name, read.reason, `its shared memory: ${read.detail}`);
      const parsed = readMemory(read.record?.text ?? '', network);
      if (!parsed.ok) continue;
      const { begun, ended } = parsed.memory;
      const own = begun.filter(({ plan }) => plan === workId(settings)).map(({ run }) => run);
      runs.push(...own.filter((run) => !ended.includes(run)));
    }
    if (runs.length === 0) return;
    await publish(settings, [{ what: 'ended', runs }], signal);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    onLock({ kind: 'lock-left', place: 'the shared memory', detail: error.message });
  }
}
