import type { Clock } from '@watchbill/kit';
import type { TypedKey } from '../../../../file/signers/index.ts';
import type { KeysHeld } from '../../../apply/identity.ts';
import type { SimulatedCluster } from './cluster.ts';
import type { SimulatedMachine } from './machine.ts';

/** A place that the fleet reaches. */
export type Home = SimulatedMachine | SimulatedCluster;

/** A process that may sign, in its real state, which reads of places may not show. */
export interface Process {
  /** For a person: `machine 0/watchbill-net-a-iron-0.service`. */
  readonly id: string;
  /** `local`: the computer of an operator. */
  readonly home: Home | 'local';
  readonly keys: readonly string[];
}

/** Clusters by context and machines by address, with one time for all. */
export interface World {
  readonly clock: Clock;
  readonly clusters: Map<string, SimulatedCluster>;
  /** The machine at each address. Null: none answers. */
  readonly hosts: Map<string, SimulatedMachine | null>;
  readonly machines: SimulatedMachine[];
  /** Public keys of nodes on computers of operators, by operator and pool. */
  readonly local: Map<string, readonly string[]>;
  /** Every machine or cluster in which a process of the network ever ran. */
  readonly ran: Set<Home>;
  /** Lets time pass. */
  readonly wait: (ms: number) => void;
  /** All running processes; an ending pod still runs. */
  readonly processes: () => readonly Process[];
}

export function createWorld(): World {
  let nowMs = 1_800_000_000_000;
  const clusters: World['clusters'] = new Map();
  const machines: SimulatedMachine[] = [];
  const local: World['local'] = new Map();
  const ran: World['ran'] = new Set();
  const wait = (ms: number): void => {
    nowMs += ms;
    for (const one of clusters.values()) one.control(nowMs);
    for (const { home, id } of processes()) if (home !== 'local' && !id.includes('theirs')) ran.add(home);
  };
  const processes = (): readonly Process[] => [
    ...[...machines, ...clusters.values()].flatMap((home) => home.processes()),
    ...[...local].map(([id, keys]) => ({ id: `local ${id}`, home: 'local' as const, keys })),
  ];
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    // Time that is waited for passes at once.
    sleep: async (ms) => wait(ms),
  };
  return { clock, clusters, hosts: new Map(), machines, local, ran, wait, processes };
}

/** Two processes with one key; null if there are none. */
export function twoWithOneKey(processes: readonly Process[]): string | null {
  const by = new Map<string, Process>();
  for (const one of processes)
    for (const key of one.keys) {
      const other = by.get(key);
      if (other !== undefined && other !== one) return `${other.id} and ${one.id} both have ${key}`;
      by.set(key, one);
    }
  return null;
}

/** The answer of a node over RPC: which of these keys it has. */
export function heldOf(processes: readonly Process[], id: string, keys: readonly TypedKey[]): KeysHeld {
  const found = processes.find((one) => one.id === id);
  if (found === undefined) return { ok: false, detail: 'it does not run' };
  return { ok: true, held: keys.filter(({ key }) => found.keys.includes(key)) };
}

/** The process of an operation ends here. */
export class Killed extends Error {}

/** One run of an operation. It counts its calls that change a place or look at health. */
export interface Life {
  /** At each such call. The call that was drawn ends the process. */
  readonly moment: () => Promise<void>;
  /** Rejects when the process ends. */
  readonly ended: Promise<never>;
}

export function createLife(killAt: number | null): Life {
  let count = 0;
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => undefined);
  return {
    ended,
    moment: async () => {
      if (killAt === null || count++ < killAt) return;
      reject(new Killed());
      // No work of a process that has ended goes on.
      await new Promise(() => {});
    },
  };
}
