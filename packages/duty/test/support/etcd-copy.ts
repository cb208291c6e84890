import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EtcdCluster } from '@watchbill/testkit';

/** Stop all members, copy their data directories aside, and start them again. */
export async function copyData(cluster: EtcdCluster): Promise<void> {
  await cluster.stopAll();
  copy(cluster, 'data', 'copy');
  await cluster.startAll();
}

/**
 * Stop all members, put the copies in place of their data, and start them again: the cluster went back in
 * time.
 */
export async function putBack(cluster: EtcdCluster): Promise<void> {
  await cluster.stopAll();
  copy(cluster, 'copy', 'data');
  await cluster.startAll();
}

function copy(cluster: EtcdCluster, from: string, to: string): void {
  for (const { name } of cluster.members) {
    const target = join(cluster.folder, `${name}.${to}`);
    rmSync(target, { recursive: true, force: true });
    cpSync(join(cluster.folder, `${name}.${from}`), target, { recursive: true });
  }
}
