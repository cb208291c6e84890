export type { ApiAnswer, ApiRequest } from './api.ts';
export { type ControlPlane, startControlPlane } from './control-plane.ts';
export { type Daemon, daemon } from './daemon.ts';
export type { Daemons } from './daemons.ts';
export { findKubernetes, type KubernetesPrograms } from './find.ts';
export { NEVER_READY } from './pod-stages.ts';
export { writeSchemas } from './schemas.ts';
