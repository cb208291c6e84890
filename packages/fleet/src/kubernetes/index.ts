export type { Clock } from '@watchbill/base';
export type { ConnectionSettings } from './connection.ts';
export { MOST_IN_FLIGHT } from './pace.ts';
export {
  type KubernetesTarget,
  type KubernetesTargetOptions,
  kubernetesTarget,
  type OpenedTarget,
  openKubernetesTarget,
} from './target.ts';
