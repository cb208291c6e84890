export { type SnapshotDesk, threadDesk } from '../jobs/thread/desk.ts';
export { type ServiceConfig, serviceShape } from './config.ts';
export type { HandEnd, HandPlan, HandRound } from './execute.ts';
export { ServiceFault } from './files.ts';
export { type HandProgramme, openByHand } from './hand.ts';
export { type OneSnapshot, type OneSnapshotParts, takeOneSnapshot } from './one-snapshot.ts';
export {
  PURPOSES,
  READY_NETWORKS,
  type ReadyChoice,
  readyConfig,
  TOPOLOGIES,
} from './ready.ts';
export { openDatabaseOf, type ResourceOptions } from './resources.ts';
export { SIGNER_EXAMPLES, SIGNING_REQUEST, type SignerExample } from './signer-examples.ts';
export {
  PROCESS_ROLES,
  type ProcessRole,
  type RunningService,
  type ServiceParts,
  startProgramme,
} from './start.ts';
