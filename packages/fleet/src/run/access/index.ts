export { type AccessEntry, writeAudit } from './audit.ts';
export { runChild } from './child.ts';
export { type ClusterAccessOptions, clusterAccess } from './cluster.ts';
export { AccessFault, type AccessFaultCode } from './fault.ts';
export { readLog } from './local-log.ts';
export { type MachineAccessOptions, machineAccess } from './machine.ts';
export type { Forwarded, LogWish, NodeAccess, Sinks } from './port.ts';
export { callOnce } from './rpc.ts';
export { checkExec, checkRpc, nodeNamed } from './rules.ts';
