import { Fault, usageFault } from '@watchbill/kit';
import type { Graph, Place, PlanProblem } from '../../file/index.ts';
import type { IdentifiedTarget, Identity } from '../apply/identity.ts';
import { changedTrait, type MachineTraits, sharedTrait } from '../apply/machine-traits.ts';
import type { Memory, RememberedPlace } from '../apply/memory.ts';
import { placeKey } from '../apply/same-place.ts';
import type { FleetPorts, MachinePlace, Targets } from './fleet-ports.ts';

export interface MovedSettings {
  readonly memory: Memory;
  readonly graph: Pick<Graph, 'network' | 'places'>;
  /** The opened places of the file. */
  readonly targets: Targets;
  readonly identities: Readonly<Record<string, string>>;
  readonly traits: Readonly<Record<string, MachineTraits>>;
  /**
   * Names of places about which a person claims: it is the same machine, and no other one with its id runs,
   * at any address.
   */
  readonly sameMachine: readonly string[];
  readonly signal: AbortSignal;
}

/** A machine of the file that the memory knows at another address, or with other traits. */
interface Moved {
  readonly place: MachinePlace;
  /** The change of its traits; null: none is known. */
  readonly changed: string | null;
  readonly before: RememberedPlace & { readonly place: MachinePlace };
}

/**
 * Asks the old address of every machine that has another one now. Templates and snapshots of machines share
 * the machine id, so the new one may be a clone, and the old one may still sign. A claim is ignored if both
 * machines answer. A machine with other hardware or host keys at the same address may be a clone as well: it
 * may have taken the address over.
 */
export async function movedMachineProblems(
  ports: Pick<FleetPorts, 'openTargets'>,
  settings: MovedSettings,
): Promise<readonly PlanProblem[]> {
  const moved = movedMachines(settings);
  for (const name of settings.sameMachine)
    if (!moved.some(({ place }) => place.name === name))
      throw usageFault(
        `${name} has the same address as before, and is the same machine`,
        moved.length === 0
          ? 'leave --same-machine out'
          : `one of ${moved.map(({ place }) => place.name).join(', ')}`,
        'flag --same-machine',
      );
  const found = await Promise.all(
    moved.map(async (one) => ({ one, problem: await problemOf(ports, settings, one) })),
  );
  return found.flatMap(({ one, problem }) => {
    const isClaimed = settings.sameMachine.includes(one.place.name);
    return problem === null || (isClaimed && !problem.isSeen) ? [] : [problem.problem];
  });
}

function movedMachines({ memory, graph, identities, traits }: MovedSettings): readonly Moved[] {
  return graph.places.flatMap((place): readonly Moved[] => {
    const identity = identities[place.name];
    if (place.target !== 'machine' || identity === undefined) return [];
    const key = placeKey(place, identity);
    const before = memory.places.findLast((one) => placeKey(one.place, one.identity) === key);
    if (before === undefined || !isAtMachine(before)) return [];
    const changed = changedTrait(before.traits, traits[place.name]);
    const isMoved = addressOf(before.place) !== addressOf(place) || changed !== null;
    return isMoved ? [{ place, before, changed }] : [];
  });
}

function isAtMachine(one: RememberedPlace): one is Moved['before'] {
  return one.place.target === 'machine';
}

function addressOf({ host, port }: MachinePlace): string {
  return `${host} port ${port}`;
}

/** `isSeen`: two machines answer, so no claim helps. */
interface MovedProblem {
  readonly isSeen: boolean;
  readonly problem: PlanProblem;
}

/**
 * Null if the earlier machine has both addresses. If a copy of it has both, or a machine with another id has
 * the old address, the earlier machine may run at a third address.
 */
async function problemOf(
  { openTargets }: Pick<FleetPorts, 'openTargets'>,
  { graph, targets, signal }: MovedSettings,
  { place, before, changed }: Moved,
): Promise<MovedProblem | null> {
  if (changed !== null && addressOf(before.place) === addressOf(place))
    return { isSeen: false, problem: replaced(place, changed) };
  const unknown = (detail: string): MovedProblem => ({
    isSeen: false,
    problem: unseen(place, before.place, changed === null ? detail : `${detail}. It has ${changed}`),
  });
  const opened = await openTargets(graph.network, [before.place], false).catch((error: unknown) => {
    if (error instanceof Fault) return error;
    throw error;
  });
  if (opened instanceof Fault) return unknown(opened.message);
  try {
    const old = opened.byPlace.get(before.place.name);
    const found = await old?.identity(signal);
    if (found === undefined || !found.ok) return unknown(found?.detail ?? 'it is not known here');
    if (found.identity !== before.identity)
      return unknown(`another machine answers there, with the id ${found.identity}`);
    const [then, now] = await Promise.all([
      startOf(old, signal),
      startOf(targets.byPlace.get(place.name), signal),
    ]);
    if (!then.ok) return unknown(then.detail);
    if (!now.ok) return unknown(now.detail);
    if (then.identity === now.identity)
      return changed === null ? null : { isSeen: false, problem: replaced(place, changed) };
    return { isSeen: true, problem: cloned(place, before.place, before.identity) };
  } finally {
    opened.close();
  }
}

async function startOf(target: IdentifiedTarget | undefined, signal: AbortSignal): Promise<Identity> {
  if (target?.start !== undefined) return target.start(signal);
  return { ok: false, reason: 'unreachable', detail: 'it does not report when its system started' };
}

function cloned(place: MachinePlace, before: MachinePlace, identity: string): PlanProblem {
  return {
    code: 'cloned-machine',
    resourceId: place.name,
    what: `${addressOf(place)} and ${addressOf(before)}, where ${place.name} was before, are two machines with one machine id (${identity}): one is a clone, and both may have the same keys`,
    remedy: `stop the nodes of the machine that is to go, and switch it off; give the other one a new id with \`rm /etc/machine-id; systemd-machine-id-setup\`; then plan again`,
  };
}

function unseen(place: MachinePlace, before: Place & MachinePlace, detail: string): PlanProblem {
  return {
    code: 'cloned-machine',
    resourceId: place.name,
    what: `${place.name} was at ${addressOf(before)} and is at ${addressOf(place)} now; it is not known whether another machine with its machine id still runs, there or elsewhere: ${detail}`,
    remedy: `check that the old address answers, and plan again; or add --same-machine ${place.name}: with it you claim that this is the machine that was there, and that no other one with its machine id runs, at any address`,
  };
}

function replaced(place: MachinePlace, changed: string): PlanProblem {
  return {
    code: 'cloned-machine',
    resourceId: place.name,
    what: `${place.name} at ${addressOf(place)} has the same machine id as before and ${changed}: it is a copy of that machine, or has its disk; it is not known whether that machine still runs, at another address`,
    remedy: `check that the earlier machine is off, and add --same-machine ${place.name}: with it you claim that no other machine with its machine id runs, at any address`,
  };
}

/**
 * Machines of the file with different machine ids that have a host key or hardware in common: one is a copy
 * of the other, and its disk may hold the same session keys. `differentKeys`: a person claims that it does
 * not.
 */
export function copiedMachineProblems(
  places: readonly Place[],
  traits: Readonly<Record<string, MachineTraits>>,
  differentKeys: boolean,
): readonly PlanProblem[] {
  if (differentKeys) return [];
  return places.flatMap((place, at) => {
    const own = traits[place.name];
    if (own === undefined) return [];
    for (const { name } of places.slice(0, at)) {
      const other = traits[name];
      const shared = other === undefined ? null : sharedTrait(other, own);
      if (shared !== null) return [copied(name, place.name, shared)];
    }
    return [];
  });
}

function copied(one: string, other: string, shared: string): PlanProblem {
  return {
    code: 'cloned-machine',
    resourceId: other,
    what: `${one} and ${other} have different machine ids and ${shared}: one is a copy of the other, and both may have the same session keys`,
    remedy: `remove what was copied from one of them, and make new host keys there with \`rm /etc/ssh/ssh_host_*; ssh-keygen -A\`; then plan again; or add --different-keys: with it you claim that neither has a session key of the other`,
  };
}
