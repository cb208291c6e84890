export {
  type EtcdBinary,
  type EtcdCluster,
  type EtcdClusterOptions,
  type EtcdMember,
  type FaultProxy,
  findEtcd,
  freePorts,
  startEtcdCluster,
  startFaultProxy,
} from './etcd/index.ts';
export * from './sim/index.ts';
