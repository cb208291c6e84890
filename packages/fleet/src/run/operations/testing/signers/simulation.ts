import { Fault } from '@watchbill/kit';
import { isBornUse } from '../../../../file/graph/index.ts';
import { type Memory, unfinishedElsewhere } from '../../../apply/memory.ts';
import type { SavedPlan } from '../../../apply/saved-plan.ts';
import { applySaved } from '../../apply.ts';
import type { LockHolder } from '../../lock-record.ts';
import { type MadePlan, planNetwork } from '../../plan.ts';
import { putSecret, type SecretPorts } from '../../secrets.ts';
import {
  type Claims,
  haveDifferentKeys,
  isFirstTime,
  mayBeginOnVolumes,
  sameMachines,
  seedOf,
} from './claims.ts';
import { createCluster, nameOf } from './cluster.ts';
import type { Command, Look, Seed } from './commands.ts';
import {
  BORN,
  CLUSTERS,
  declaredOf,
  isMachine,
  MACHINES,
  type MachineName,
  type NetworkFile,
} from './file.ts';
import { createFolder, deliver, type RenderedFolder, renderInto } from './gitops.ts';
import { insertKey } from './insert.ts';
import { createMachine, credentialsOf } from './machine.ts';
import { type OperatorMemory, operatorMemory } from './memory.ts';
import { moveMachine, scrapOld } from './moves.ts';
import { restore } from './restore.ts';
import { scale } from './scale.ts';
import { LOCK_WAIT_MS, look, operatorAt, portsOf } from './signers-ports.ts';
import { startTheirs } from './theirs.ts';
import { up } from './up.ts';
import { copyVolume } from './volumes.ts';
import { createLife, createWorld, Killed, type World } from './world.ts';

/** Operators with memories of their network. The second begins with an empty one. */
const OPERATORS = 2;
const GATE_TIMEOUT_MS = 60_000;
/** From one command to the next: a person takes at least that long. */
const BETWEEN_MS = 1_000;
const TIMEOUT_MS = 600_000;

export interface Operator {
  readonly holder: LockHolder;
  readonly memory: OperatorMemory;
  /** Claims of each plan: a person gives a plan on only while they are true. */
  readonly claims: Map<SavedPlan, Claims & { readonly file: NetworkFile }>;
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
    case 'restore':
      return restore(sim, command);
    case 'up':
      return up(sim, command);
    case 'down':
      world.local.clear();
      return 'done';
    case 'scale':
      return scale(sim, command);
    case 'insert':
      return insertKey(sim, command);
    case 'theirs':
      return startTheirs(sim, command);
    case 'volume':
      return copyVolume(sim, command);
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
  if (signer === undefined || signer.secret === BORN) return 'no signer needs it';
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
    if (/has the same address as before/.test(error.message)) return planNetwork(ports, input);
    // Another operator ended the plan.
    if (!/is not a plan that began to change signers/.test(error.message)) throw error;
    return planNetwork(ports, { ...input, sameMachine, abandon: [] });
  });
  sim.counts.planned += 1;
  const saved = operator.memory.saved.at(-1);
  if (made.file !== null && saved !== undefined) operator.claims.set(saved, { ...claims, file });
  return made;
}

function pastHosts(places: Memory['places']) {
  return new Map(
    places.flatMap(({ place, traits }) =>
      place.target === 'machine' ? [[place.name as MachineName, { host: place.host, traits }] as const] : [],
    ),
  );
}

/** Applies the last plan, or an earlier one. */
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
  const claims = operator.claims.get(await operator.memory.plan(saved.plan.id));
  const isTrue =
    claims === undefined ||
    ((!claims.firstTime || isFirstTime(world, claims.file)) &&
      (!claims.differentKeys || haveDifferentKeys(world, claims.file)));
  if (!isTrue) return 'its claims are not true any more';
  const isBorn = saved.plan.steps.some(
    ({ risk, resource }) => risk === 'signing' && isBornUse(resource?.subject.keySet ?? ''),
  );
  const signing = !isBorn || mayBeginOnVolumes(world, claims?.file ?? sim.file);
  const life = createLife(killAt);
  const running = applySaved(portsOf(sim, operator, life), {
    plan: saved.plan.id,
    allowed: { signing, dataLoss: true },
    gateTimeoutMs: GATE_TIMEOUT_MS,
    waitMs: LOCK_WAIT_MS,
    onEvent: () => undefined,
    signal: new AbortController().signal,
  });
  const { result } = await Promise.race([running, life.ended]);
  if (result.left.length === 0) sim.counts.applied += 1;
  return result.stops.map(({ reason, detail }) => `${reason} ${detail}`).join('; ') || 'done';
}
