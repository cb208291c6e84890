export type { Grow } from './backup.ts';
export {
  ROLLOUT_DEFAULTS,
  type RolloutGates,
  type RolloutSettings,
  rolloutSettings,
  type StageSize,
  type UpgradeAtFile,
} from './rollout.ts';
export { label, NETWORK_FORMAT } from './schema.ts';
