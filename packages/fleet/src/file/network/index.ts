export type { Grow } from './backup.ts';
export { NETWORK_FORMAT } from './format.ts';
export {
  ROLLOUT_DEFAULTS,
  type RolloutGates,
  type RolloutSettings,
  rolloutSettings,
  type StageSize,
  type UpgradeAtFile,
} from './rollout.ts';
export { label } from './schema.ts';
