export { localAccess } from './access.ts';
export { openNodeHere } from './backup-control.ts';
export { type LocalPort, localPort } from './rollout-port.ts';
export {
  runLocalNetwork,
  type UpEvent,
  type UpGateway,
  type UpInput,
  type UpPorts,
} from './up.ts';
