import { createVirtualClock, type VirtualClock } from '@watchbill/base/testing';
import type { Head, Permit } from '@watchbill/permit';
import { createMemoryStore, type MemoryStore } from '@watchbill/store';
import {
  createFaultyStore,
  createHistory,
  createHost,
  createSeededRandom,
  createSimDisk,
  createSimNetwork,
  type FaultyStore,
  GOOD_NETWORK,
  type History,
  type Host,
  NO_FAULTS,
  type SeededRandom,
  type SimDisk,
  type SimNetwork,
} from '@watchbill/testkit';
import { NODES, OBSERVER, SERVICES, START_MS } from './names.ts';
import type { Plan } from './plan.ts';
import { sabotageStore } from './sabotage.ts';

export interface SimService {
  readonly name: string;
  readonly host: Host;
  readonly disk: SimDisk;
  /** Its own way to the store. */
  readonly line: FaultyStore;
  permit: Permit | null;
}

export interface SimNode {
  readonly name: string;
  readonly host: Host;
  /** On the disk of the machine: the highest head it was told, by mark. */
  readonly told: Map<string, Head>;
}

export interface World {
  readonly plan: Plan;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly store: MemoryStore;
  readonly network: SimNetwork;
  readonly services: readonly SimService[];
  readonly nodes: readonly SimNode[];
  readonly observer: Host;
  readonly history: History;
  /** No faults now: the beginning and the end of a run. */
  readonly mood: { calm: boolean };
  remark(text: string): void;
}

export function createWorld(plan: Plan): World {
  const clock = createVirtualClock({ startMs: START_MS });
  const random = createSeededRandom(plan.seed);
  const store = createMemoryStore({ clock });
  const history = createHistory();
  const shift = random.fork('clocks');
  const mood = { calm: true };
  const reached = sabotageStore(plan.sabotage, store, () => !mood.calm);
  const services = SERVICES.map((name) => ({
    name,
    host: createHost(clock, name, { offsetMs: shift.int(-100, 100), skewMsPerSecond: shift.int(-1, 1) }),
    disk: createSimDisk(),
    line: createFaultyStore(reached, { clock, random: random.fork(`line/${name}`) }),
    permit: null,
  }));
  const nodes = NODES.map((name) => ({
    name,
    host: createHost(clock, name, { offsetMs: shift.int(-100, 100), skewMsPerSecond: shift.int(-1, 1) }),
    told: new Map<string, Head>(),
  }));
  return {
    plan,
    clock,
    random,
    store,
    network: createSimNetwork({ clock, random: random.fork('network') }),
    services,
    nodes,
    observer: createHost(clock, OBSERVER),
    history,
    mood,
    remark: (text) => history.add({ kind: 'remark', atMs: clock.nowMs(), text }),
  };
}

export function beRough(world: World): void {
  world.mood.calm = false;
  world.network.setFaults(world.plan.network);
  for (const { line } of world.services) line.setFaults(world.plan.store);
}

export function beCalm(world: World): void {
  world.mood.calm = true;
  world.network.setFaults(GOOD_NETWORK);
  world.network.heal();
  for (const { line, disk } of world.services) {
    line.setFaults(NO_FAULTS);
    line.cut(null);
    disk.full = false;
  }
}
