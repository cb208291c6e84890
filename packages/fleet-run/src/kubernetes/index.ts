export type { Clock } from '@watchbill/base';
export { MOST_IN_FLIGHT } from '@watchbill/fleet/net';
export type { ConnectionSettings } from './connection.ts';
export {
  type KubernetesTarget,
  type KubernetesTargetOptions,
  kubernetesTarget,
  type OpenedTarget,
  openKubernetesTarget,
} from './target.ts';
