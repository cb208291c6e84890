export { localAccess } from './access.ts';
export { localControl } from './backup-control.ts';
export { type LocalPort, localPort } from './rollout-port.ts';
