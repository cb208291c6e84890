export type { RunScript } from './ssh.ts';
export { type MachineTarget, type MachineTargetOptions, machineTarget, openMachineTarget } from './target.ts';
