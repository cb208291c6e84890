import { usageFault } from '@watchbill/kit';
import { haveNamedKeys } from '../../file/graph/index.ts';
import {
  type Graph,
  type Network,
  type PlaceRead,
  type Plan,
  type PlanProblem,
  planChanges,
  type Step,
} from '../../file/index.ts';
import { rolloutSettings } from '../../file/network/index.ts';
import { safePart } from '../../file/plan/index.ts';
import type { Memory } from '../apply/memory.ts';
import { samePlace } from '../apply/same-place.ts';
import type { SavedPlace, SavedPlan } from '../apply/saved-plan.ts';
import type { FleetPorts, Targets } from './fleet-ports.ts';
import { copiedMachineProblems, movedMachineProblems } from './moved-machines.ts';
import { lookAtPastPlaces, type PastPlaces, type PlaceForgotten } from './past-places.ts';
import { planAsking } from './plan-asking.ts';
import { beginLines, claimProblems, memoryNotes, seenLines, withMemory } from './plan-memory.ts';
import { publishedNotes } from './published.ts';
import { learnFromPlaces } from './shared-memory.ts';
import { type Identified, identitiesOf } from './targets.ts';
import { type PlanAbandoned, unfinishedProblems } from './unfinished.ts';

/** A network file that was read: see `readNetworkFile` in `network-file/read.ts`. */
export interface Declared {
  readonly graph: Graph;
  readonly network: Network;
}

export interface PlanInput {
  readonly declared: Declared;
  /** Plan the removal of everything that the network has. */
  readonly removeAll?: boolean | undefined;
  /** Plan only steps without risk; the others are returned in `left`. */
  readonly onlySafe?: boolean | undefined;
  /** Fields that other managers set are set again. Left out: they are refused as conflicts. */
  readonly takeOver?: boolean | undefined;
  /** Names of places that the file no longer names and that are gone for good. */
  readonly forgetPlaces?: readonly string[] | undefined;
  /** Ids of plans that began to change signers and that a person gives up. */
  readonly abandon?: readonly string[] | undefined;
  /** A claim: signers with unknown public keys have no key of another one. */
  readonly differentKeys?: boolean | undefined;
  /** A claim: this network never ran, so a missing memory hides no place. */
  readonly firstTime?: boolean | undefined;
  /**
   * Names of machines with another address than before: each is the same machine, and no other one has its
   * id.
   */
  readonly sameMachine?: readonly string[] | undefined;
  /** Longest time for reading all places. */
  readonly timeoutMs: number;
  /** Ends the reading before that time. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: PlanEvent) => void;
}

/** A place or plan that a person gave up with the input of a plan. Show it: a signer may still run there. */
export type PlanEvent = PlaceForgotten | PlanAbandoned;

export interface MadePlan {
  readonly plan: Plan;
  /** Steps that `onlySafe` left out of it. */
  readonly left: readonly Step[];
  /** Where the plan was saved; null if it has problems, or no steps. */
  readonly file: string | null;
  /** Places of the file, then those that it no longer names. */
  readonly places: readonly SavedPlace[];
  /** For a person, beside the steps. */
  readonly notes: readonly string[];
}

const NOWHERE: PastPlaces = { places: [], identities: {}, traits: {}, reads: [], problems: [], notes: [] };

/**
 * Compares a network file with the live objects at its places, and saves the plan that makes them equal. It
 * changes no place. It also looks at places that the file no longer names, as far as the memory knows them.
 * Throws an Fault if a place of the file cannot be identified, or if two of them are the same place.
 */
export async function planNetwork(ports: FleetPorts, input: PlanInput): Promise<MadePlan> {
  const { clock, memory: store } = ports;
  const graph = graphOf(input);
  const own = await store.remembered(graph.network);
  const targets = await ports.openTargets(graph.network, graph.places, input.takeOver === true);
  try {
    const limit = AbortSignal.timeout(input.timeoutMs);
    const signal = input.signal === undefined ? limit : AbortSignal.any([limit, input.signal]);
    const madeAtMs = clock.nowMs();
    const identified = await identitiesOf(targets.byPlace, signal);
    const { identities } = identified;
    refuseSamePlace(graph, identities);
    const { network, places: named } = graph;
    const looked = { network, places: named, identities, targets: targets.byPlace, signal };
    const { memory, from } = await learnFromPlaces(ports, looked);
    const isFirstTime = input.firstTime === true;
    const claim = claimProblems(network, own, { isFirstTime, from, memory });
    const past = await pastOf(ports, { graph, identities, input, signal }, memory);
    const abandoning = { network, memory, abandon: input.abandon ?? [], onAbandon: input.onEvent };
    const unfinished = await unfinishedProblems(store, abandoning);
    const machines = await machineProblems(ports, { graph, ...identified, input, signal }, memory, targets);
    const reads = await readAll(targets, graph, signal);
    const problems = [...claim, ...unfinished, ...past.problems, ...machines];
    const asked = await planAsking(ports, { network, targets, reads, past }, signal, (all) =>
      planChanges(graph, all, problems, { differentKeys: input.differentKeys === true }),
    );
    const whole = withMemory(asked.plan, {
      isKnown: memory?.isPartial === false || isFirstTime,
      where: store.where,
    });
    const { plan, left } = input.onlySafe === true ? safePart(whole) : { plan: whole, left: [] };
    const isRefused = plan.problems.length > 0;
    const sameMachine = isRefused ? [] : (input.sameMachine ?? []);
    // A plan that the missing memory refuses must not make one: the next plan would pass.
    if (!plan.problems.some(({ code }) => code === 'no-memory'))
      await store.add(network, [
        ...beginLines(memory, isFirstTime && claim.length === 0),
        ...seenLines(memory, graph, { ...identified, reads, sameMachine }),
      ]);
    const isSaved = !isRefused && plan.steps.length > 0;
    const places = [...graph.places, ...past.places];
    const saved: SavedPlan = {
      ...{ format: 'watchbill/saved-plan/1', plan, places, madeAtMs, takeOver: input.takeOver === true },
      ...{ identities: { ...identities, ...past.identities } },
      traits: { ...identified.traits, ...past.traits },
      ...{ runs: (memory?.begun ?? []).map(({ run }) => run), ...gatesOf(input) },
    };
    const notes = [
      ...publishedNotes(graph),
      ...memoryNotes(memory, from, { where: store.where, network }),
      ...past.notes,
      ...asked.notes,
    ];
    return { plan, left, file: isSaved ? await store.savePlan(saved) : null, places, notes };
  } finally {
    targets.close();
  }
}

function graphOf({ declared, removeAll }: PlanInput): Graph {
  return removeAll === true ? { ...declared.graph, resources: [], expects: [] } : declared.graph;
}

/** Nodes that are only removed pass no gate. */
function gatesOf({ declared, removeAll }: PlanInput) {
  return removeAll === true ? {} : { gates: rolloutSettings(declared.network.file.rollout).gates };
}

interface PastInput {
  readonly graph: Graph;
  readonly identities: Readonly<Record<string, string>>;
  readonly input: PlanInput;
  readonly signal: AbortSignal;
}

async function pastOf(
  ports: FleetPorts,
  { input, ...rest }: PastInput,
  memory: Memory | null,
): Promise<PastPlaces> {
  const forget = input.forgetPlaces ?? [];
  if (memory !== null) return lookAtPastPlaces(ports, { ...rest, memory, forget, onForget: input.onEvent });
  if (forget.length === 0) return NOWHERE;
  throw usageFault(
    `the memory has no place of network ${rest.graph.network}`,
    'leave --forget-place out',
    'flag --forget-place',
  );
}

/** Machines that may be other machines than before, or copies of each other. */
async function machineProblems(
  ports: FleetPorts,
  { graph, identities, traits, input, signal }: PastInput & Identified,
  memory: Memory | null,
  targets: Targets,
): Promise<readonly PlanProblem[]> {
  const sameMachine = input.sameMachine ?? [];
  const copied = copiedMachineProblems(graph.places, traits, input.differentKeys === true);
  if (memory !== null) {
    const settings = { memory, graph, targets, identities, traits, sameMachine, signal };
    return [...(await movedMachineProblems(ports, settings)), ...copied];
  }
  if (sameMachine.length === 0) return copied;
  throw usageFault(
    `the memory has no place of network ${graph.network}`,
    'leave --same-machine out',
    'flag --same-machine',
  );
}

async function readAll(
  { byPlace }: Targets,
  { network, resources, expects }: Graph,
  signal: AbortSignal,
): Promise<readonly PlaceRead[]> {
  return Promise.all(
    [...byPlace.values()].map((target) => {
      const isOwn = ({ place }: { readonly place: string }) => place === target.place.name;
      return target.read(
        network,
        resources.filter(isOwn),
        expects.filter(isOwn),
        signal,
        haveNamedKeys(resources),
      );
    }),
  );
}

function refuseSamePlace({ places }: Graph, identities: Readonly<Record<string, string>>): void {
  const same = samePlace(places, identities);
  if (same === null) return;
  throw usageFault(
    `${same.join(' and ')} are one place, and each would remove the objects of the other`,
    'give them contexts of different clusters, or different namespaces',
    same.join(', '),
  );
}
