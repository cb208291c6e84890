import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TikvCluster } from '@watchbill/testkit/tikv';

/** Stop all six, copy their data aside, and start them again: what a backup of the disks at one moment is. */
export async function copyData(cluster: TikvCluster): Promise<void> {
  await cluster.stopAll();
  for (const { name } of cluster.members) copy(cluster, name, `${name}.copy`);
  await cluster.startAll();
}

/**
 * Stop all six, put the copies in place of their data, and start them again: the cluster went back in time.
 */
export async function putBack(cluster: TikvCluster): Promise<void> {
  await cluster.stopAll();
  for (const { name } of cluster.members) copy(cluster, `${name}.copy`, name);
  await cluster.startAll();
}

function copy({ folder }: TikvCluster, from: string, to: string): void {
  rmSync(join(folder, to), { recursive: true, force: true });
  cpSync(join(folder, from), join(folder, to), { recursive: true });
}
