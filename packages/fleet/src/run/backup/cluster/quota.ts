import { isRecord, type JsonRecord } from '@watchbill/kit';
import { bytesOf } from '../../../file/graph/index.ts';
import { at } from '../../kubernetes/ownership.ts';
import { BackupFault } from '../backup-fault.ts';
import { clusterFault, type OpenCluster } from './open.ts';

/** The additional resources that claims would take. */
export interface More {
  readonly storageClass: string | null;
  readonly bytes: number;
  readonly claims: number;
}

/**
 * `quota team: requests.storage has 10 of 100 left, 120 needed`, for each quota that is too small. A quota
 * that cannot be read counts as too small.
 */
export function shortages(quotas: readonly JsonRecord[], more: readonly More[]): readonly string[] {
  const wanted = new Map<string, number>();
  const add = (name: string, amount: number): void => {
    wanted.set(name, (wanted.get(name) ?? 0) + amount);
  };
  for (const { storageClass, bytes, claims } of more) {
    const ofClass = storageClass === null ? [] : [`${storageClass}.storageclass.storage.k8s.io/`];
    for (const prefix of ['', ...ofClass]) {
      add(`${prefix}requests.storage`, bytes);
      add(`${prefix}persistentvolumeclaims`, claims);
    }
  }
  return quotas.flatMap((quota) => {
    const hard = at(quota, ['spec', 'hard']);
    return Object.entries(isRecord(hard) ? hard : {}).flatMap(([name, limit]) => {
      const need = wanted.get(name) ?? 0;
      if (need <= 0) return [];
      const [most, used] = [bytesOf(String(limit)), bytesOf(String(at(quota, ['status', 'used', name])))];
      const quotaName = String(at(quota, ['metadata', 'name']));
      if (most === null || used === null)
        return [`quota ${quotaName}: it is not known how much of ${name} is free`];
      return used + need <= most
        ? []
        : [`quota ${quotaName}: ${name} has ${most - used} left, and ${need} more is needed`];
    });
  });
}

/** Throws a BackupFault if a quota of the namespace would refuse a claim. */
export async function refuseShortage(
  cluster: OpenCluster,
  more: readonly More[],
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = cluster.place;
  const listed = await cluster.objects.list('v1', 'ResourceQuota', { namespace }, signal);
  if (!listed.ok) throw clusterFault(cluster, 'quotas of the namespace', listed.failure.detail);
  const short = shortages(listed.items, more);
  if (short.length === 0) return;
  throw new BackupFault(
    'cluster',
    `cluster ${cluster.place.name}: no room for the volume: ${short.join('; ')}`,
    'no object was changed; raise the quota, or remove claims that are not needed',
  );
}
