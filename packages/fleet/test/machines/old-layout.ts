// How machines were set up before each node had a user of its own: all nodes of a network ran as one, and
// could read each other's keys.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MachineResource, readNetwork } from '@watchbill/fleet/file';
import { type MachineTarget, openMachineTarget } from '@watchbill/fleet/run/machines';
import { systemClock } from '@watchbill/kit';
import type { BootedMachine, BootedMachines } from '@watchbill/testkit/machines/booted';

const SHARED = 'wb-pier';
const SINCE = /^(SupplementaryGroups|StateDirectory|StateDirectoryMode|TimeoutStartSec)=.*\n/gm;
const WAIT_MS = 300_000;

/** What the network file of a folder makes. */
export function resourcesNow({ folder }: BootedMachines, specification: string): readonly MachineResource[] {
  const read = readNetwork(
    readFileSync(join(folder, 'network.yaml'), 'utf8'),
    new Map([[specification, readFileSync(join(folder, specification), 'utf8')]]),
    // A node whose peer id is not known yet is none that others are told of.
    { here: true },
  );
  if (!read.ok) throw new Error(read.problems.map(({ what }) => what).join('; '));
  return read.graph.resources.filter((one) => one.target === 'machine');
}

/** The same as it was made then. */
export function oldResources(ground: BootedMachines, specification: string): readonly MachineResource[] {
  return resourcesNow(ground, specification)
    .filter(({ kind, subject }) => kind !== 'user' || subject.node === null)
    .map(asBefore);
}

function asBefore(resource: MachineResource): MachineResource {
  const { body, subject } = resource;
  if (body.kind === 'directory' && subject.node !== null) {
    const mode = /\/keys(\/|$)/.test(body.path) ? '0700' : '0750';
    return { ...resource, body: { ...body, owner: SHARED, group: SHARED, mode } };
  }
  if (body.kind !== 'unit') return resource;
  const text = body.text
    .replace(SINCE, '')
    .replace(/^(User|Group)=.*$/gm, `$1=${SHARED}`)
    .replace(/^UMask=.*$/m, subject.keySet === null ? 'UMask=0027' : 'UMask=0077');
  return { ...resource, body: { ...body, text } };
}

/** A machine as a target, while something is done with it. */
export async function withTarget<Result>(
  { sshConfigFile }: BootedMachines,
  { name, address }: BootedMachine,
  work: (target: MachineTarget, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const place = { target: 'machine', name, host: address, port: 22, user: 'root' } as const;
  const target = openMachineTarget({ place, network: 'pier', sshConfigFile, clock: systemClock() });
  try {
    return await work(target, AbortSignal.timeout(WAIT_MS));
  } finally {
    target.close();
  }
}

/** Makes resources on a machine over whatever is there. */
export function put(
  ground: BootedMachines,
  machine: BootedMachine,
  resources: readonly MachineResource[],
): Promise<void> {
  return withTarget(ground, machine, async (target, signal) => {
    const read = await target.read('pier', resources, [], signal);
    if (!read.ok) throw new Error(read.detail);
    for (const resource of resources) {
      const done = await target.apply(
        resource,
        read.state.live.get(resource.id)?.fingerprint ?? null,
        signal,
      );
      if (done.outcome !== 'done') throw new Error(`${resource.id}: ${JSON.stringify(done)}`);
    }
  });
}
