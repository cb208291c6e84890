import { startEtcdCluster } from '@watchbill/testkit';
import { childWith } from '@watchbill/testkit/bench/cost';
import type { Options } from '@watchbill/testkit/bench/options';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { etcdBinaryOf } from './etcd-binary.ts';

/** Three members of etcd on this machine. */
export interface EtcdMembers {
  readonly version: string;
  /** Client URL of the member that led when the cluster began. */
  readonly endpoint: string;
  /** Process ids. */
  readonly pids: readonly number[];
}

/** Starts the etcd that was asked for; it ends with the stage. */
export async function startEtcdMembers(stage: Stage, options: Options): Promise<EtcdMembers> {
  const starting = startEtcdCluster({ binary: etcdBinaryOf(options) });
  const cluster = await stage.start(starting, (started) => started.close());
  return {
    version: cluster.version,
    endpoint: (await cluster.leader()).clientUrl,
    pids: cluster.members.map(({ dataFolder }) => childWith(`--data-dir=${dataFolder}`)),
  };
}
