import { begunSince, type MemoryLine, memoryOf, readMemory } from '../apply/memory.ts';
import { placeKey } from '../apply/same-place.ts';
import { journalName, type SavedPlan } from '../apply/saved-plan.ts';
import type { FleetPorts, Targets } from './fleet-ports.ts';
import type { LockEvent, LockPlace } from './lock-place.ts';
import { type LockHolder, thisHolder } from './lock-record.ts';
import { lockNetwork, type NetworkLock, repeatWith } from './network-lock.ts';
import { publishLines } from './shared-memory.ts';

export interface HoldSettings {
  readonly saved: SavedPlan;
  readonly targets: Targets;
  /** For a person: `apply plan 5ab1c0ffee00`. */
  readonly work: string;
  /** Longest wait for another process that works on the network. */
  readonly waitMs: number;
  readonly onLock: (event: LockEvent) => void;
  readonly signal: AbortSignal;
}

/** The right to change the places of a plan. */
export interface NetworkHold {
  readonly holder: LockHolder;
  /** Why no further step may begin; null: it may. Asks the places before a signing step. */
  readonly mayGoOn: (isSigning: boolean, signal: AbortSignal) => Promise<string | null>;
  /** Adds the memory of the folder to that of every place. Throws a Fault if one cannot be written. */
  readonly publish: (signal: AbortSignal) => Promise<void>;
  /** Never throws. */
  readonly release: () => Promise<void>;
}

/** Takes the lock of the network at all places of a plan. Throws a Fault if another process has it. */
export async function holdNetwork(ports: FleetPorts, settings: HoldSettings): Promise<NetworkHold> {
  const { saved, targets, work, waitMs, onLock, signal } = settings;
  const { network } = saved.plan;
  const holder = ports.holder ?? thisHolder();
  const places = saved.places.flatMap((place): readonly LockPlace[] => {
    const records = targets.byPlace.get(place.name)?.shared(network);
    const order = placeKey(place, saved.identities[place.name] ?? null);
    return records === undefined ? [] : [{ name: place.name, order, records }];
  });
  const { clock } = ports;
  const repeat = ports.repeat ?? repeatWith(clock);
  const lock = await lockNetwork({
    ...{ network, places, holder, work, clock, repeat, waitMs, onEvent: onLock, signal },
  });
  const publishTo = async (held: readonly LockPlace[], outer: AbortSignal): Promise<void> => {
    const memory = await ports.memory.remembered(network);
    for (const { name, records } of held)
      await publishLines(records, name, network, memory?.lines ?? [], outer);
  };
  return {
    holder,
    mayGoOn: async (isSigning, outer) => {
      if (!isSigning) return lock.lost();
      const found = await confirmed(lock, saved, outer);
      if ('problem' in found) return found.problem;
      if (found.added.length > 0) await publishTo(found.added, outer);
      return null;
    },
    publish: (outer) => publishTo(lock.held(), outer),
    release: lock.release,
  };
}

/** Places whose namespace was made since the last look are `added`, unless another plan began there. */
async function confirmed(
  lock: NetworkLock,
  saved: SavedPlan,
  signal: AbortSignal,
): Promise<{ readonly problem: string } | { readonly added: readonly LockPlace[] }> {
  const before = new Set(lock.held().map(({ order }) => order));
  const problem = await lock.confirm(signal);
  if (problem !== null) return { problem };
  const added = lock.held().filter(({ order }) => !before.has(order));
  for (const { name, records } of added) {
    const read = await records.read('memory', signal);
    if (!read.ok) return { problem: `${name}: ${read.detail}` };
    const parsed = readMemory(read.record?.text ?? '', saved.plan.network);
    if (!parsed.ok) return { problem: `${name}: the shared memory is damaged: ${parsed.detail}` };
    const other = begunSince(parsed.memory.begun, saved.runs, journalName(saved));
    if (other !== null)
      return { problem: `${name}: plan ${other.plan.slice(0, 12)} began there; plan again` };
  }
  return { added };
}

/** The runs of a journal, so that their end can be recorded. */
export function runsOf(lines: readonly MemoryLine[], journal: string): readonly string[] {
  return memoryOf(lines).begun.flatMap((one) => (one.journal === journal ? [one.run] : []));
}
