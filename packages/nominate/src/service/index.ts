export { type ServiceConfig, serviceShape } from './config.ts';
export { ServiceFault } from './files.ts';
export {
  PURPOSES,
  READY_NETWORKS,
  type ReadyChoice,
  readyConfig,
  TOPOLOGIES,
} from './ready.ts';
export {
  openDatabaseOf,
  PROCESS_ROLES,
  type ProcessRole,
  type RunningService,
  type ServiceParts,
  startProgramme,
} from './start.ts';
