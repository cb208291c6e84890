// The members of PD of a page, 10.0.0.1 to 10.0.0.3, and the cluster that stands for them in a test.

import { join } from 'node:path';
import type { Substitution } from '@watchbill/testkit/pages/follow';
import type { Unit } from '@watchbill/testkit/pages/world';
import type { TikvCluster } from '@watchbill/testkit/tikv';

/** `pd@pd1` and so on, for the stand-in for systemctl. */
export function pdUnits(cluster: TikvCluster): Readonly<Record<string, Unit>> {
  return Object.fromEntries(
    cluster.pds.map((pd) => [`pd@${pd.name}`, { start: () => pd.start(), stop: () => pd.kill() }]),
  );
}

/** Addresses and data folders of the members. */
export function pdTable(cluster: TikvCluster): readonly Substitution[] {
  return cluster.pds.flatMap(({ name, address }, index) => {
    const host = `http://10.0.0.${index + 1}`;
    return [
      [`${host}:2379`, `http://${address}`, 'a free port'],
      [`${host}:2380`, `http://127.0.0.1:${cluster.ports.pdPeer[index]}`, 'a free port'],
      [`/var/lib/pd/${name}`, join(cluster.folder, name), 'a temporary folder'],
    ] as const;
  });
}
