export type { Clock } from '@watchbill/kit';
export { MOST_IN_FLIGHT } from '../../file/net/index.ts';
export type { ConnectionSettings } from './connection.ts';
export {
  type KubernetesTarget,
  type KubernetesTargetOptions,
  kubernetesTarget,
  type OpenedTarget,
  openKubernetesTarget,
} from './target.ts';
