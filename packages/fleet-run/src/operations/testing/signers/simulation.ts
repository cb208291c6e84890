import { Fault } from '@watchbill/base';
import type { IdentifiedTarget } from '../../../apply/identity.ts';
import { unfinishedElsewhere } from '../../../apply/memory.ts';
import { journalName } from '../../../apply/saved-plan.ts';
import { applySaved } from '../../apply.ts';
import type { LockHolder } from '../../lock-record.ts';
import { type MadePlan, planNetwork } from '../../plan.ts';
import type { FleetPorts, OpenTargets } from '../../ports.ts';
import { putSecret, type SecretPorts } from '../../secrets.ts';
import { type Claims, haveDifferentKeys, isFirstTime, sameMachines, seedOf } from './claims.ts';
import { clusterTargetOf, createCluster, nameOf } from './cluster.ts';
import type { Command, Look, Seed } from './commands.ts';
import { CLUSTERS, declaredOf, isMachine, MACHINES, type MachineName, type NetworkFile } from './file.ts';
import { createFolder, deliver, type RenderedFolder, renderInto } from './gitops.ts';
import { cloneOf, createMachine, credentialsOf, machineTargetOf, scrap } from './machine.ts';
import { type OperatorMemory, operatorMemory } from './memory.ts';
import { createLife, createWorld, Killed, type Life, twoWithOneKey, type World } from './world.ts';

/** Operators with memories of their network. The second begins with an empty one. */
const OPERATORS = 2;
const GATE_TIMEOUT_MS = 60_000;
/** Longer than a lock lasts that is not renewed. */
const LOCK_WAIT_MS = 70_000;
/** From one command to the next: a person takes at least that long. */
const BETWEEN_MS = 1_000;
const TIMEOUT_MS = 600_000;

interface Operator {
  readonly holder: LockHolder;
  readonly memory: OperatorMemory;
  /** Claims of each plan, by the name of its journal: a person gives a plan on only while they are true. */
  readonly claims: Map<string, Claims & { readonly file: NetworkFile }>;
}

/** One network file with all who use it. */
export interface Simulation {
  readonly world: World;
  readonly operators: readonly Operator[];
  file: NetworkFile;
  readonly folder: RenderedFolder;
  /** Two processes had one key. */
  broken: string | null;
  readonly counts: { planned: number; applied: number; refused: number; rendered: number };
  /** For a person: each command and its outcome. */
  readonly log: string[];
}

export function createSimulation(): Simulation {
  const world = createWorld();
  for (const name of CLUSTERS) world.clusters.set(name, createCluster(name));
  const hosts = { iron: '192.0.2.1', steel: '192.0.2.2' };
  for (const name of MACHINES) {
    const machine = createMachine(name, `id-${name}`);
    world.machines.push(machine);
    world.hosts.set(hosts[name], machine);
  }
  return {
    world,
    operators: Array.from({ length: OPERATORS }, (_, at) => ({
      holder: { user: `operator ${at}`, host: 'h', pid: 1, origin: '', startTicks: '' },
      ...{ memory: operatorMemory(), claims: new Map() },
    })),
    file: { signers: {}, hosts, isWhole: false },
    ...{ folder: createFolder(), broken: null, log: [] },
    counts: { planned: 0, applied: 0, refused: 0, rendered: 0 },
  };
}

/** Carries out one command, and looks for two signers. */
export async function carryOut(sim: Simulation, command: Command): Promise<void> {
  sim.world.wait(BETWEEN_MS);
  let outcome: string;
  try {
    outcome = await doneOf(sim, command);
  } catch (error) {
    if (error instanceof Killed) outcome = 'killed';
    else if (error instanceof Fault) outcome = `refused: ${error.message}`;
    else throw error;
    sim.counts.refused += 1;
  }
  sim.world.wait(0);
  look(sim);
  sim.log.push(`${JSON.stringify(command)}: ${outcome}`);
}

function look(sim: Simulation): void {
  sim.broken ??= twoWithOneKey(sim.world.processes());
}

async function doneOf(sim: Simulation, command: Command): Promise<string> {
  const { world } = sim;
  switch (command.do) {
    case 'seed':
      return putSeed(sim, command);
    case 'edit': {
      const { [command.pool]: _before, ...others } = sim.file.signers;
      const signers = command.signer === null ? others : { ...others, [command.pool]: command.signer };
      sim.file = { ...sim.file, signers };
      return 'done';
    }
    case 'move':
      return moveMachine(sim, command.machine, command.how);
    case 'cut':
      for (const one of world.machines) if (one.name.startsWith(command.machine)) one.isCut = command.isCut;
      return 'done';
    case 'scrap':
      return scrapOld(sim);
    case 'plan':
      return (await plan(sim, command.operator, command.isClaiming)).plan.problems
        .map(({ code, what }) => `${code} ${what}`)
        .join('; ');
    case 'apply':
      return apply(sim, command.operator, command.back, command.killAt);
    case 'render':
      return renderInto(sim, command.isRunning);
    case 'deliver':
      return deliver(sim, command.cluster);
    case 'late':
      for (const cluster of world.clusters.values()) cluster.lateMs = command.ms;
      return 'done';
    case 'wait':
      world.wait(command.ms);
      return 'done';
  }
}

/**
 * Seeds of machines go through `secrets put`. In a cluster a person makes a
 * Secret, and never changes one.
 */
async function putSeed(sim: Simulation, { pool, seed, replace, isCutShort }: Seed): Promise<string> {
  const { world, file } = sim;
  const signer = file.signers[pool];
  if (signer === undefined) return 'no signer needs it';
  const { place, secret } = signer;
  const bytes = Buffer.from(seedOf(seed));
  if (!isMachine(place)) {
    const cluster = world.clusters.get(place);
    const metadata = { namespace: 'nodes', name: secret };
    const object = { apiVersion: 'v1', kind: 'Secret', metadata, data: { gran: bytes.toString('base64') } };
    if (cluster === undefined || cluster.stored.has(nameOf(object))) return 'it is there';
    cluster.put(object, 'kubectl');
    return 'made';
  }
  const ports: SecretPorts = {
    ...portsOf(sim, operatorAt(sim, 0), createLife(null)),
    openCredentials: async ({ host }) => credentialsOf(world.hosts.get(host) ?? null, isCutShort),
  };
  const done = await putSecret(ports, {
    ...{ network: declaredOf(file).network, secret, entry: 'gran', place, bytes, from: 'a file' },
    ...{ withKey: 'host', replace, development: false, signal: new AbortController().signal },
    ...{ waitMs: LOCK_WAIT_MS, onLock: () => undefined },
  });
  return `put, not compared with ${done.notCompared.length}`;
}

/** The file gets another address for a machine: of the machine itself, or of one with its machine id. */
function moveMachine(sim: Simulation, name: MachineName, how: 'both' | 'only' | 'clone'): string {
  const { world, file } = sim;
  const before = file.hosts[name];
  const machine = world.hosts.get(before) ?? null;
  if (machine === null) return 'nothing answers there';
  const host = `192.0.2.${world.hosts.size + 1}`;
  const next = how === 'clone' ? cloneOf(machine, `${name}-${world.machines.length}`) : machine;
  if (how === 'clone') world.machines.push(next);
  if (how === 'only') world.hosts.set(before, null);
  world.hosts.set(host, next);
  sim.file = { ...file, hosts: { ...file.hosts, [name]: host } };
  return `${before} to ${host}`;
}

/** Machines that the file does not name go for good. */
function scrapOld({ world, file }: Simulation): string {
  const named = MACHINES.map((name) => world.hosts.get(file.hosts[name]));
  const old = world.machines.filter((one) => !named.includes(one));
  for (const one of old) scrap(one);
  return `${old.length} are gone`;
}

/** A lock is renewed before each signing step only: time that is waited for passes at once. */
const NO_REPEAT = () => undefined;

function portsOf(sim: Simulation, operator: Operator, life: Life): FleetPorts {
  const { world } = sim;
  const clock = {
    ...world.clock,
    sleep: async (ms: number) => {
      await world.clock.sleep(ms);
      look(sim);
    },
  };
  const openTargets: OpenTargets = async (_network, places) => ({
    byPlace: new Map(
      places.map(({ formerName: _former, ...place }) => [
        place.name,
        mortal(sim, targetOf(sim, place), life),
      ]),
    ),
    close: () => undefined,
  });
  return { clock, memory: operator.memory, openTargets, holder: operator.holder, repeat: NO_REPEAT };
}

function targetOf({ world }: Simulation, place: IdentifiedTarget['place']): IdentifiedTarget {
  if (place.target === 'machine') return machineTargetOf(world.hosts.get(place.host) ?? null, place);
  const cluster = world.clusters.get(place.context ?? '');
  if (cluster === undefined) throw new TypeError(`there is no context ${place.context}`);
  return clusterTargetOf(cluster, place, world);
}

/** A target whose caller may be killed before and after each change, and before each look at health. */
function mortal(sim: Simulation, target: IdentifiedTarget, life: Life): IdentifiedTarget {
  return {
    ...target,
    apply: async (...args) => {
      await life.moment();
      const done = await target.apply(...args);
      look(sim);
      await life.moment();
      return done;
    },
    remove: async (...args) => {
      await life.moment();
      const done = await target.remove(...args);
      look(sim);
      await life.moment();
      return done;
    },
    health: async (...args) => {
      await life.moment();
      return target.health(...args);
    },
  };
}

/** Plans with every claim that is true now, or with none. */
export async function plan(
  sim: Simulation,
  at: Look['operator'],
  isClaiming: boolean,
  /** Plans that did not end are given up. All keys are known then, so no claim about them is made. */
  isGivingUp = false,
): Promise<MadePlan> {
  const { world, file } = sim;
  const operator = operatorAt(sim, at);
  const memory = await operator.memory.remembered('net');
  const own = await operator.memory.unfinishedSigning('net', memory?.abandoned ?? []);
  const journals = await operator.memory.journalNames();
  const open = [...own, ...(memory === null ? [] : unfinishedElsewhere(memory, journals))];
  const claims = {
    firstTime: isClaiming && isFirstTime(world, file),
    differentKeys: isClaiming && !isGivingUp && haveDifferentKeys(world, file),
  };
  const sameMachine =
    isClaiming && memory !== null ? sameMachines(world, file, pastHosts(memory.places)) : [];
  const input = {
    declared: declaredOf(file),
    ...claims,
    abandon: isGivingUp ? open.map(({ plan: id }) => id) : [],
    timeoutMs: TIMEOUT_MS,
    onEvent: () => undefined,
  };
  const ports = portsOf(sim, operator, createLife(null));
  const made = await planNetwork(ports, { ...input, sameMachine }).catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    // Another operator's memory knows the new address: the claim is left out, as the error says.
    if (/is at the address at which/.test(error.message)) return planNetwork(ports, input);
    // Another operator ended the plan.
    if (!/is no plan that began to change signers/.test(error.message)) throw error;
    return planNetwork(ports, { ...input, sameMachine, abandon: [] });
  });
  sim.counts.planned += 1;
  const saved = operator.memory.saved.at(-1);
  if (made.file !== null && saved !== undefined) operator.claims.set(journalName(saved), { ...claims, file });
  return made;
}

function pastHosts(places: readonly { readonly place: IdentifiedTarget['place'] }[]) {
  return new Map(
    places.flatMap(({ place }) =>
      place.target === 'machine' ? [[place.name as MachineName, place.host] as const] : [],
    ),
  );
}

function operatorAt({ operators }: Simulation, at: number): Operator {
  const operator = operators[at];
  if (operator === undefined) throw new TypeError(`there is no operator ${at}`);
  return operator;
}

/** Applies the last plan, or one of before. */
export async function apply(
  sim: Simulation,
  at: Look['operator'],
  back: number,
  killAt: number | null,
): Promise<string> {
  const { world } = sim;
  const operator = operatorAt(sim, at);
  const saved = operator.memory.saved.at(-1 - back);
  if (saved === undefined) return 'there is no plan';
  const claims = operator.claims.get(journalName(await operator.memory.plan(saved.plan.id)));
  const isTrue =
    claims === undefined ||
    ((!claims.firstTime || isFirstTime(world, claims.file)) &&
      (!claims.differentKeys || haveDifferentKeys(world, claims.file)));
  if (!isTrue) return 'its claims are not true any more';
  const life = createLife(killAt);
  const running = applySaved(portsOf(sim, operator, life), {
    plan: saved.plan.id,
    allowed: { signing: true, dataLoss: true },
    gateTimeoutMs: GATE_TIMEOUT_MS,
    waitMs: LOCK_WAIT_MS,
    onEvent: () => undefined,
    signal: new AbortController().signal,
  });
  const { result } = await Promise.race([running, life.ended]);
  if (result.left.length === 0) sim.counts.applied += 1;
  return result.stops.map(({ reason, detail }) => `${reason} ${detail}`).join('; ') || 'done';
}
