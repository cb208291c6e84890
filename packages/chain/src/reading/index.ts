export type { KeyPart } from '../extrinsics/item.ts';
export type { EndpointStanding } from './choose.ts';
export type { CallCounts } from './count.ts';
export { paidPagesItem, payoutPages } from './payouts.ts';
export {
  bigOf,
  bytes32Of,
  countOf,
  entriesOf,
  flagOf,
  hasMember,
  listOf,
  memberOf,
  type Plain,
  type PlainRecord,
  ShapeFault,
  textOf,
  variantOf,
} from './plain.ts';
export { BATCH_LIMITS, type BatchLimits } from './query.ts';
export type { ApiReading, ItemRequest, KeysReading, PinnedReader, Reading } from './reader.ts';
export {
  type EndpointHealth,
  type PinnedOutcome,
  type ReadFailure,
  ROLE_LIMITS,
  type RoleEndpoints,
  type RoleLimits,
  type RoleOptions,
  roleEndpoints,
} from './role.ts';
