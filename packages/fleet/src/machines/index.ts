export { userOf } from '../emit/machine/layout.ts';
export type { RunScript } from './ssh.ts';
export { type MachineTarget, type MachineTargetOptions, machineTarget, openMachineTarget } from './target.ts';
