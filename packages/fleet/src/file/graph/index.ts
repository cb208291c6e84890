export { askingUse, isGatedUse, type KeyUse, keysOf, servicesMark, servicesOfUse, useOf } from './key-set.ts';
export { KINDS, POLICY_KINDS } from './kinds.ts';
export {
  ACCOUNT_FLAGS,
  at,
  containersOf,
  flagValue,
  halves,
  type Process,
  podTemplate,
  records,
  SIGNING_FLAGS,
  secretsIn,
  setProcesses,
  templateOf,
  templateProcesses,
  unitProcesses,
  wordsSign,
} from './process.ts';
export { bytesOf, quantityOf } from './quantity.ts';
export {
  bodyJson,
  type ChainNodes,
  type Expected,
  FIELD_MANAGER,
  type Graph,
  type KubernetesObject,
  type KubernetesResource,
  MARKS,
  type MachineItem,
  type MachineResource,
  type Place,
  type Resource,
  ROLES,
  type Role,
  type Subject,
} from './resource.ts';
export { isOfService, serviceSubject } from './service-subject.ts';
export { bornUse, haveNamedKeys, isBornUse, isUnknownUse, unknownUse } from './unknown-use.ts';
export { templateClaims } from './volume-claims.ts';
