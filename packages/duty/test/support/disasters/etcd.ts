// The etcd of a page, 10.0.0.1 to 10.0.0.3, and the cluster that stands for it in a test.

import type { EtcdCluster } from '@watchbill/testkit';
import type { Substitution } from '@watchbill/testkit/pages/follow';
import type { Unit } from '@watchbill/testkit/pages/world';

/** `etcd@m1` and so on, for the stand-in for systemctl. */
export function etcdUnits(cluster: EtcdCluster): Readonly<Record<string, Unit>> {
  return Object.fromEntries(
    cluster.members.map((member) => [
      `etcd@${member.name}`,
      { start: () => member.start(), stop: () => member.kill() },
    ]),
  );
}

/** Addresses and data folders of the members. */
export function etcdTable(cluster: EtcdCluster): readonly Substitution[] {
  return cluster.members.flatMap(({ name, clientUrl, peerUrl, dataFolder }, index) => {
    const host = `http://10.0.0.${index + 1}`;
    return [
      [`${host}:2379`, clientUrl, 'a free port'],
      [`${host}:2380`, peerUrl, 'a free port'],
      [`/var/lib/etcd/${name}`, dataFolder, 'a temporary folder'],
    ] as const;
  });
}
