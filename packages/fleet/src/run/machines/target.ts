import type { Clock } from '@watchbill/kit';
import type { Expected, MachineItem, MachineResource, Place, Resource } from '../../file/graph/index.ts';
import type { PlaceRead } from '../../file/live/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import { missingCredentials } from './credentials.ts';
import { lookAt, missingFiles, type OnMachine, proposalOf } from './look.ts';
import { keysOfUnit, reachUnit } from './reach-unit.ts';
import { keysOnMachine } from './session-keys.ts';
import { machineRecords, sharedFolder } from './shared-records.ts';
import { type RunScript, sshMachine } from './ssh.ts';
import { machineIdentity, machineStart, signerHealth, unitHealth } from './unit-health.ts';
import { applyItem, removeItem } from './write-items.ts';

export interface MachineTargetOptions {
  readonly place: Place & { readonly target: 'machine' };
  readonly network: string;
  /** Null: that of the user. */
  readonly sshConfigFile?: string | null;
  /** For one script, the fetching of a binary included. Default 35 min. */
  readonly timeoutMs?: number;
  readonly clock: Clock;
}

export interface MachineTarget extends IdentifiedTarget {
  readonly close: () => void;
}

const TIMEOUT_MS = 35 * 60_000;

/** A machine with systemd as a target, over ssh. Does not connect yet. */
export function openMachineTarget(options: MachineTargetOptions): MachineTarget {
  const { place, clock } = options;
  const { host, port, user } = place;
  const configFile = options.sshConfigFile ?? null;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const machine = sshMachine({ host, port, user, configFile, timeoutMs, clock });
  const target = machineTarget(machine.run, place, options.network);
  return {
    ...target,
    reach: (id, _ordinal, signal) => reachUnit(machine.run, machine.forward, place.name, id, signal),
    holds: (process, keys, signal) => keysOfUnit(machine.forward, process, keys, signal),
    close: machine.close,
  };
}

/** The target over a way to run scripts on the machine. */
export function machineTarget(
  run: RunScript,
  place: Place & { readonly target: 'machine' },
  network: string,
): IdentifiedTarget {
  const machine: OnMachine = { run, place, network };
  return {
    place,
    identity: (signal) => machineIdentity(run, signal),
    shared: (name) => machineRecords(run, sharedFolder(name)),
    start: (signal) => machineStart(run, signal),
    read: (_network, resources, expects, signal, isKeyed) =>
      readMachine(machine, resources.filter(isOfMachine), expects, signal, isKeyed),
    apply: async (resource, basedOn, signal) => {
      if (!isOfMachine(resource)) throw new TypeError(`${resource.id} is not for a machine`);
      return applyItem(machine, resource, basedOn, signal);
    },
    remove: (id, basedOn, _options, signal) => removeItem(machine, id, basedOn, signal),
    health: (id, signal) => unitHealth(run, place.name, id, signal),
    applied: async (id, signal) => {
      const looked = await lookAt(machine, [], signal);
      return 'failure' in looked ? null : ((looked.live.get(id)?.body as MachineItem | undefined) ?? null);
    },
    signer: (id, signal) => signerHealth(run, place.name, id, signal),
  };
}

async function readMachine(
  machine: OnMachine,
  resources: readonly MachineResource[],
  expects: readonly Expected[],
  signal: AbortSignal,
  isKeyed = false,
): Promise<PlaceRead> {
  const place = machine.place.name;
  const looked = await lookAt(machine, resources, signal);
  if ('failure' in looked) return { ok: false, place, ...looked.failure };
  const files = await missingFiles(machine, expects.filter(isFile), signal);
  if ('failure' in files) return { ok: false, place, ...files.failure };
  const secret = expects.filter((expected) => !isFile(expected));
  const credentials = await missingCredentials(machine.run, machine.network, secret, signal);
  if ('failure' in credentials) return { ok: false, place, ...credentials.failure };
  const keys = await keysOnMachine(machine, resources, [...looked.live.values()], signal, isKeyed);
  if ('failure' in keys) return { ok: false, place, ...keys.failure };
  const live = new Map(looked.live);
  for (const one of [...keys.others, ...keys.stores]) if (!live.has(one.id)) live.set(one.id, one);
  const missing = [...files.missing, ...credentials.missing];
  const proposals = new Map(resources.map((one) => [one.id, proposalOf(one, looked.live.get(one.id))]));
  return { ok: true, state: { place, live, proposals, missing } };
}

function isFile({ kind }: Expected): boolean {
  return kind === 'file';
}

function isOfMachine(resource: Resource): resource is MachineResource {
  return resource.target === 'machine';
}
