import { digestOf, type JsonRecord } from '@watchbill/kit';
import { at } from '../../../kubernetes/ownership.ts';
import type { SimulatedCluster } from './cluster.ts';
import type { CopiedVolume } from './commands.ts';
import { isMachine } from './file.ts';
import type { Simulation } from './simulation.ts';

const PREFIX = 'PersistentVolumeClaim nodes/';

/** How a claim says that its volume has the keys of another one. `disk`: it does not say it. */
const SPECS = {
  claim: { dataSource: { kind: 'PersistentVolumeClaim', name: 'other' } },
  snapshot: { dataSourceRef: { kind: 'VolumeSnapshot', name: 'of-other' } },
  chosen: { selector: { matchLabels: { copy: 'of-other' } } },
  disk: { volumeName: 'copy-of-other' },
} as const;

/**
 * Keys on the volume of a signer that starts. The first start makes its claim, and without seeds also a key.
 */
export function startOnVolume(
  cluster: SimulatedCluster,
  set: JsonRecord,
  hasSeeds: boolean,
): readonly string[] {
  const { stored, volumes } = cluster;
  if (!JSON.stringify(at(set, ['spec', 'volumeClaimTemplates']) ?? []).includes('"keys"')) return [];
  const name = `keys-${String(at(set, ['metadata', 'name']))}-0`;
  if (!stored.has(`${PREFIX}${name}`)) putClaim(cluster, name, {});
  if (hasSeeds) return [];
  const keys = volumes.get(name) ?? [`0x${digestOf(`${cluster.name} ${volumes.size}`)}`];
  volumes.set(name, keys);
  return keys;
}

/**
 * A person copies the keystore of another signer to the claim of a signer that does not run. Operators know
 * about such a copy only if its claim has no source.
 */
export function copyVolume({ world, file }: Simulation, { pool, source }: CopiedVolume): string {
  const place = file.signers[pool]?.place;
  const cluster = place === undefined || isMachine(place) ? undefined : world.clusters.get(place);
  if (cluster === undefined) return 'no cluster has it';
  const { stored, volumes } = cluster;
  const node = `${pool}-${cluster.name}-0`;
  if (stored.has(`StatefulSet nodes/${node}`) || stored.has(`Pod nodes/${node}-0`)) return 'it runs';
  const name = `keys-${node}-0`;
  const [other, keys] = [...volumes].find(([one]) => one !== name) ?? [];
  if (keys === undefined) return 'there is no other keystore';
  putClaim(cluster, name, SPECS[source]);
  volumes.set(name, keys);
  return `${name} has the keys of ${other}`;
}

function putClaim(cluster: SimulatedCluster, name: string, spec: JsonRecord): void {
  const metadata = { namespace: 'nodes', name };
  cluster.put({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec }, 'kubectl');
}

/** Keys that a person knows to be on the volume of a signer. */
export function knownOnVolume({ stored, volumes }: SimulatedCluster, node: string): readonly string[] {
  const name = `keys-${node}-0`;
  const spec = at(stored.get(`${PREFIX}${name}`), ['spec']) ?? {};
  const hasSource = ['dataSource', 'dataSourceRef', 'selector'].some((one) => one in Object(spec));
  return hasSource ? [] : (volumes.get(name) ?? []);
}

/** The remedy for volumes that hinder a plan: no set runs, and all of them go. */
export function removeVolumes({ stored, volumes }: SimulatedCluster): void {
  for (const key of stored.keys()) if (key.startsWith(PREFIX)) stored.delete(key);
  volumes.clear();
}
