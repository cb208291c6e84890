export * from './contract.ts';
export { type Ledger, LedgerFault, type LedgerItem } from './ledger/port.ts';
export type { Failpoint, FailpointName, Log, Meter, NodeRpc, Peers, RoundState } from './ports.ts';
