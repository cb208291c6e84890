import type { AddedNode, FeedAction, NodeLocation } from '../feed/actions.ts';
import { addListing, type Listed, removeAll, removeListing } from './listings.ts';
import type { Source } from './source.ts';
import { goDown, settle, type Tracking } from './turns.ts';

/** Applies the actions of a feed. */
export function hear(tracking: Tracking, source: Source, action: FeedAction, atMs: number): void {
  switch (action.kind) {
    case 'subscribed-to':
      if (action.genesisHash === tracking.genesisHash) settle(source, atMs);
      break;
    case 'unsubscribed-from':
      if (action.genesisHash === tracking.genesisHash) goDown(tracking, source, atMs);
      break;
    case 'removed-chain':
      if (action.genesisHash === tracking.genesisHash) removeAll(tracking, source, atMs);
      break;
    case 'removed-node':
      removeListing(tracking, source, action.id, atMs);
      break;
    default:
      hearOfNode(tracking, source, action, atMs);
  }
}

function hearOfNode(tracking: Tracking, source: Source, action: FeedAction, atMs: number): void {
  // Actions before the subscription do not belong to this chain.
  if (source.phase === 'down') return;
  if (action.kind === 'added-node') addListing(tracking, source, listedOf(action), atMs);
  if (action.kind === 'located-node') locate(source, action.id, action.location);
  if (action.kind !== 'stale-node' && action.kind !== 'imported-block') return;
  const listing = source.listings.get(action.id);
  if (listing !== undefined) listing.stale = action.kind === 'stale-node';
}

/** A later listing of the same network id does not change the node's place. */
function locate(source: Source, id: number, location: NodeLocation): void {
  const listing = source.listings.get(id);
  if (listing === undefined) return;
  listing.location = location;
  const { body } = listing;
  if (body?.speaker?.source === source.name && body.speaker.id === id) body.location = location;
}

function listedOf({ id, details, startedAtMs, location }: AddedNode): Listed {
  return { id, ...details, startedAtMs, location };
}
