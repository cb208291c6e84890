import { resolve } from 'node:path';
import type { Archive, ClusterPlace, NodeControl, OpenCluster } from '@watchbill/fleet-run/backup';
import type { ControlledNode, LocalControl } from '@watchbill/lab/local';
import { fault, usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import type { BackupFlags } from './flags.ts';
import { type Closers, type Ground, noArchive, onGround } from './ground.ts';

/** The same with hands on the node. */
export interface Hands extends Ground {
  readonly control: NodeControl;
  /** Folder of the node, where `run` runs; null on a cluster. */
  readonly folder: string | null;
  /** Name of the lock against two copies at once, where `run` runs. */
  readonly lockFile: string;
  readonly cluster: OpenCluster | null;
  /** Nodes of the same network that run here too. */
  readonly others: readonly ControlledNode[];
}

/** Takes hold of the node itself. */
export async function withHands<Value>(
  io: Io,
  flags: BackupFlags,
  work: (hands: Hands) => Promise<Value>,
): Promise<Value> {
  return onGround(io, flags, async (ground, closers) => {
    const { network, node } = ground;
    if (flags.local !== undefined) return work(await localHands(io, flags.local, ground, closers));
    const place = network.places.get(node.place);
    if (place?.target === 'kubernetes') return work(await clusterHands(io, flags, place, ground, closers));
    return work(machineHands(ground));
  });
}

async function localHands(io: Io, local: string, ground: Ground, closers: Closers): Promise<Hands> {
  const { connectLocal, LocalFault } = await import('@watchbill/lab/local');
  const { localControl } = await import('@watchbill/lab/operate');
  const { network, node } = ground;
  const top = resolve(io.cwd, local);
  let control: LocalControl & { readonly close: () => void };
  try {
    control = await connectLocal(top);
  } catch (error) {
    if (!(error instanceof LocalFault)) throw error;
    throw fault(
      `local-${error.code}`,
      'unreachable',
      { what: error.message, where: top, remedy: error.remedy },
      error,
    );
  }
  closers.add(control.close);
  const nodes = await control.nodes();
  const found = nodes.find(({ name }) => name === node.name);
  if (found === undefined)
    throw usageFault(
      `${node.name} does not run from ${top}`,
      'name the folder of the network of this file',
      'flag --local',
    );
  return {
    ...ground,
    control: localControl(control, network.name, found, node),
    folder: found.folder,
    lockFile: `${top}/${node.name}.copy.lock`,
    cluster: null,
    others: nodes.filter(({ name, state }) => name !== node.name && state === 'running'),
  };
}

function machineHands(ground: Ground): Hands {
  const { network, node, door, run } = ground;
  const folder = door.machineFolder(network, node);
  return {
    ...ground,
    control: door.machineControl(run, network, node),
    folder,
    lockFile: `/run/watchbill-${network.name}-${node.name}.lock`,
    cluster: null,
    others: [],
  };
}

/** The cluster of a node, as the kubeconfig of the flags reaches it. */
export async function openedCluster(
  io: Io,
  flags: BackupFlags,
  place: ClusterPlace,
  { door }: Ground,
  closers: Closers,
): Promise<OpenCluster> {
  const kubeconfig = flags.kubeconfig === undefined ? null : resolve(io.cwd, flags.kubeconfig);
  const cluster = await door.openCluster(place, kubeconfig, io.clock);
  closers.add(cluster.close);
  return cluster;
}

async function clusterHands(
  io: Io,
  flags: BackupFlags,
  place: ClusterPlace,
  ground: Ground,
  closers: Closers,
): Promise<Hands> {
  const { network, node, door } = ground;
  const cluster = await openedCluster(io, flags, place, ground, closers);
  const control = door.clusterControl(cluster, network, node);
  return {
    ...ground,
    archive: null,
    control,
    folder: null,
    lockFile: '',
    cluster,
    others: [],
  };
}

/** What lists and removes the backups of a node. */
export interface Shelved extends Ground {
  readonly shelf: Pick<Archive, 'list' | 'remove'>;
  /** Where backups are snapshots of volumes; null: they are in an archive. */
  readonly cluster: OpenCluster | null;
}

export async function withShelf<Value>(
  io: Io,
  flags: BackupFlags,
  work: (shelved: Shelved) => Promise<Value>,
): Promise<Value> {
  return onGround(io, flags, async (ground, closers) => {
    if (ground.archive !== null) return work({ ...ground, shelf: ground.archive, cluster: null });
    const place = ground.network.places.get(ground.node.place);
    if (place?.target !== 'kubernetes' || flags.local !== undefined || flags.here === true) throw noArchive();
    const cluster = await openedCluster(io, flags, place, ground, closers);
    const shelf = ground.door.volumeShelf(cluster, ground.network.name, ground.node.name);
    return work({ ...ground, shelf, cluster });
  });
}
