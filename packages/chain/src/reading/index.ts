export type { KeyPart } from '../extrinsics/item.ts';
export type { CallCounts } from './count.ts';
export { type EraPoints, pointsByValidator, readEraPoints } from './era-points.ts';
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
  ShapeFault,
  textOf,
  variantOf,
} from './plain.ts';
export type { ItemRequest, PinnedReader, Reading } from './reader.ts';
export {
  type EndpointHealth,
  type PinnedOutcome,
  ROLE_LIMITS,
  type RoleEndpoints,
  type RoleLimits,
  type RoleOptions,
  roleEndpoints,
} from './role.ts';
