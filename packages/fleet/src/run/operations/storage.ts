import { fault, usageFault } from '@watchbill/kit';
import type { Network } from '../../file/index.ts';
import type { ClusterPlace } from '../../file/normalise/index.ts';
import { BackupFault } from '../backup/backup-fault.ts';
import { growVolume, planGrowth, type VolumePlan } from '../backup/growth/grow.ts';
import type { BackupPorts } from './backup-session.ts';

export interface GrowInput {
  readonly network: Network;
  /** Only this cluster; null: all. */
  readonly place: string | null;
  /** A Prometheus that reads the kubelets; null: the kubelets are asked. */
  readonly prometheus: string | null;
  /** False: volumes are only compared with the settings. */
  readonly apply: boolean;
  readonly signal: AbortSignal;
}

export interface Grown {
  readonly volumes: readonly VolumePlan[];
  /** Why the use of some volumes is not known. These do not grow. */
  readonly problems: readonly string[];
}

/** Finds the volumes that are full enough to grow, and lets them grow if asked to. None ever shrinks. */
export async function growVolumes(
  { openCluster }: Pick<BackupPorts, 'openCluster'>,
  input: GrowInput,
): Promise<Grown> {
  const { network, prometheus, signal } = input;
  const volumes: VolumePlan[] = [];
  const problems: string[] = [];
  const isCluster = (place: { readonly target: string }): place is ClusterPlace =>
    place.target === 'kubernetes';
  try {
    for (const place of [...network.places.values()].filter(isCluster)) {
      if (input.place !== null && place.name !== input.place) continue;
      const cluster = await openCluster(place);
      try {
        const plan = await planGrowth(cluster, network, prometheus, signal);
        volumes.push(...plan.volumes);
        problems.push(...plan.problems.map((problem) => `${place.name}: ${problem}`));
        if (input.apply) for (const one of plan.volumes) await growVolume(cluster, one, signal);
      } finally {
        cluster.close();
      }
    }
  } catch (error) {
    if (!(error instanceof BackupFault)) throw error;
    const { message: what, remedy } = error;
    throw fault('storage-cluster', 'unreachable', { what, remedy }, error);
  }
  return { volumes, problems };
}

/** Refuses a network without volumes that grow, and an invalid address of Prometheus. */
export function checkGrowing(network: Network, file: string, prometheus: string | undefined): void {
  if (prometheus !== undefined && !/^https?:\/\/[^@\s]+$/.test(prometheus))
    throw usageFault(
      // It may hold a password, so it is not repeated.
      'the address of Prometheus is not valid',
      'write http://HOST:PORT, without user and password',
      'flag --prometheus',
    );
  if (network.pools.every(({ settings }) => settings.storage.grow === undefined))
    throw usageFault(
      'no pool has settings for growing volumes',
      'write `storage: {grow: {atUsedPercent: 80, byPercent: 25, maxGiB: 1000}}` in a pool',
      file,
    );
}
