import { MARKS } from '../../../../file/graph/index.ts';
import { homeOf, keyOf } from './claims.ts';
import type { Theirs } from './commands.ts';
import type { SimulatedMachine } from './machine.ts';
import type { Simulation } from './simulation.ts';
import type { World } from './world.ts';

const [NAME, UNIT] = ['theirs', 'theirs.service'];

/**
 * Another tool, or the same network from another folder, starts a signer with the seed of a pool. A person
 * never gives two processes one key: it starts while no process has the key and no set or unit brings it
 * back. From then on the file names all places, and its machine is not copied: no plan looks at others.
 */
export function startTheirs(sim: Simulation, { pool, isTwin }: Theirs): string {
  const { world, file } = sim;
  const signer = file.signers[pool];
  if (signer === undefined) return 'there is no such pool';
  const [home, key] = [homeOf(world, file, signer.place), keyOf(world, file, signer)];
  if (home === null || key === null) return 'it has no seed';
  if (world.processes().some(({ keys }) => keys.includes(key))) return 'a process has this key';
  if (!('stored' in home)) {
    if (home.records.size > 0) return 'a unit may have this key';
    sim.file = { ...file, isWhole: true };
    home.running.set(UNIT, [key]);
    return 'it runs';
  }
  if ([...home.stored.values()].some(({ kind }) => kind === 'StatefulSet')) return 'a set may have this key';
  sim.file = { ...file, isWhole: true };
  const namespace = isTwin ? 'elsewhere' : 'nodes';
  const seeds = home.stored.get(`Secret nodes/${signer.secret}`);
  const metadata = { namespace, name: signer.secret };
  if (seeds !== undefined) home.put({ ...seeds, metadata }, 'kubectl');
  const marks = {
    labels: { [MARKS.network]: 'net' },
    annotations: { [MARKS.keySet]: `set.${signer.set ?? signer.secret}` },
  };
  const own = isTwin ? marks : {};
  const spec = {
    containers: [{ name: 'node', args: ['--validator'] }],
    volumes: [{ name: isTwin ? 'seeds' : 'k', secret: { secretName: signer.secret } }],
  };
  const object = {
    ...{ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { namespace, name: NAME, ...own } },
    spec: { template: { metadata: own, spec } },
  };
  home.put(object, 'helm');
  return 'it runs';
}

/** Whether the signer of another tool runs on a machine. */
export function signsForOthers({ running }: SimulatedMachine): boolean {
  return running.has(UNIT);
}

export function endTheirs({ clusters, machines }: World): void {
  for (const { stored } of clusters.values())
    for (const key of stored.keys()) if (key.endsWith(`/${NAME}`)) stored.delete(key);
  for (const { running } of machines) running.delete(UNIT);
}
