export { findFaketime, steppedClock } from './clock-step.ts';
export {
  AURA_KEYS,
  BABE_KEYS,
  DEV_NAMES,
  type DevName,
  devKey,
  devPublicKey,
  type KeyType,
  RELAY_KEYS,
} from './dev-keys.ts';
export { type NodeKeys, putKeys, removeKeys } from './keystore.ts';
export { type Line, type LineOptions, startLine } from './line.ts';
export {
  createNamespaceNet,
  type NamespaceNet,
  type NodeNamespace,
  namespacesMissing,
} from './namespaces.ts';
export { type NodeNetwork, startNodeNetwork } from './network.ts';
export {
  equivocationsIn,
  type FirstSignature,
  type IdentityReport,
  type Observer,
  type ObserverReport,
  type ObserverSettings,
  type Stretch,
  startObserver,
} from './observer/index.ts';
export type { NodePlace, NodePlan, NodeProgram } from './plan.ts';
export type { RunningNode } from './running-node.ts';
export { waitFor } from './wait.ts';
