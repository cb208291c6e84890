export type { ConnectionSettings } from './connection.ts';
export { type Clock, MOST_IN_FLIGHT } from './pace.ts';
export {
  type KubernetesTarget,
  type KubernetesTargetOptions,
  kubernetesTarget,
  type OpenedTarget,
  openKubernetesTarget,
} from './target.ts';
