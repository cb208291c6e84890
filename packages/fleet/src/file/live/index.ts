export { mergedLive } from './merged.ts';
export type {
  Done,
  Health,
  LiveResource,
  NoPeers,
  PlaceRead,
  PlaceState,
  Proposal,
  Target,
  Unread,
} from './port.ts';
export type { NodeReach, Reached } from './reach.ts';
export { withDeadline } from './with-deadline.ts';
