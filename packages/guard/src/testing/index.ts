export type { GuardFailpoint } from '../failpoints.ts';
export { askFor } from './pair-ground.ts';
export { type MachineName, type PairProcesses, pairProcesses } from './pair-processes.ts';
