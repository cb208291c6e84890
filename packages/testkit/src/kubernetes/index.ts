export type { ApiAnswer, ApiRequest } from './api.ts';
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
export { type Daemon, daemon } from './daemon.ts';
export type { Daemons } from './daemons.ts';
export { type FoundKubernetes, findKubernetes, type KubernetesPrograms } from './find.ts';
export { NEVER_READY } from './pod-stages.ts';
export { writeSchemas } from './schemas.ts';
