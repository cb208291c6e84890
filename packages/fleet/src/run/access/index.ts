export { AccessFault, type AccessFaultCode } from './access-fault.ts';
export { type AccessEntry, writeAudit } from './audit.ts';
export { runChild } from './child.ts';
export { type ClusterAccessOptions, clusterAccess } from './cluster.ts';
export { readLog } from './local-log.ts';
export { type MachineAccessOptions, machineAccess } from './machine.ts';
export type { Forwarded, LogWish, NodeAccess, Sinks } from './port.ts';
export { callOnce } from './rpc.ts';
export { checkExec, checkRpc, nodeNamed } from './rules.ts';
