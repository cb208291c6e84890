export { type Authority, type Certificate, certificateAuthority } from './authority.ts';
export {
  copyDisks,
  type EtcdBinary,
  type EtcdCluster,
  type EtcdMember,
  type FaultProxy,
  findEtcd,
  makeCertificates,
  putBackDisks,
  restoreSnapshot,
  type SnapshotRestore,
  saveSnapshot,
  startEtcdCluster,
  startFaultProxy,
} from './etcd/index.ts';
export {
  type ManagedProcess,
  managedProcess,
  type ProcessEnd,
  type ProcessUsage,
  untilStopped,
} from './managed-process.ts';
export * from './nodes/index.ts';
export { freePorts } from './ports.ts';
export {
  freePort,
  type ServiceProcess,
  startServiceProcess,
  temporaryFolder,
  untilReady,
} from './service/service-process.ts';
export { copySqlite, putBackSqlite, type SqliteCopy, type SqlitePart } from './sqlite/restore.ts';
