export { makeCertificates, type TestCertificates } from './certificates.ts';
export { type EtcdCluster, startEtcdCluster } from './cluster.ts';
export { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
export { type EtcdBinary, type FoundEtcd, findEtcd } from './find.ts';
export type { EtcdMember } from './member.ts';
export { copyDisks, putBackDisks, restoreSnapshot, type SnapshotRestore, saveSnapshot } from './restore.ts';
