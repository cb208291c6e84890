export { field, fields } from './fields.ts';
export { createForgetfulDisk, type ForgetfulDisk } from './forgetful-disk.ts';
export { isRunning } from './is-running.ts';
export { listening } from './listening.ts';
export { seedBudget } from './seed-budget.ts';
export { mountSmallDisk, type SmallDisk } from './small-disk.ts';
export { temporaryFolder } from './temporary-folder.ts';
export {
  createVirtualClock,
  type HostClock,
  type RunLimits,
  type VirtualClock,
  type WallClockView,
} from './virtual-clock.ts';
