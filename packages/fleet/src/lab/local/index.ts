export { connectLocal } from './connect.ts';
export type { ControlledNode, LocalControl, NodeProgram } from './control.ts';
export type { KeeperEvent } from './keeper.ts';
export type { LocalNode, LocalPorts, LocalSeat } from './layout.ts';
export { LocalFault, type LocalFaultCode } from './local-fault.ts';
export { type LocalNetwork, type LocalOptions, type LocalStatus, upLocal } from './up.ts';
export type { NodeReading } from './watch.ts';
