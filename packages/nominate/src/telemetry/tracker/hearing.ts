import type { AddedNode, FeedAction, NodeLocation } from '../feed/actions.ts';
import { addListing, type Listed, removeAll, removeListing } from './listings.ts';
import type { Source } from './source.ts';
import { type Ground, goDown, settle } from './turns.ts';

/** Takes over what a feed says. */
export function hear(ground: Ground, source: Source, action: FeedAction, atMs: number): void {
  switch (action.kind) {
    case 'subscribed-to':
      if (action.genesisHash === ground.genesisHash) settle(source, atMs);
      break;
    case 'unsubscribed-from':
      if (action.genesisHash === ground.genesisHash) goDown(ground, source, atMs);
      break;
    case 'removed-chain':
      if (action.genesisHash === ground.genesisHash) removeAll(ground, source, atMs);
      break;
    case 'removed-node':
      removeListing(ground, source, action.id, atMs);
      break;
    default:
      hearOfNode(ground, source, action, atMs);
  }
}

function hearOfNode(ground: Ground, source: Source, action: FeedAction, atMs: number): void {
  // What comes before the subscription is of another chain, or of none.
  if (source.phase === 'down') return;
  if (action.kind === 'added-node') addListing(ground, source, listedOf(action), atMs);
  if (action.kind === 'located-node') locate(source, action.id, action.location);
  if (action.kind !== 'stale-node' && action.kind !== 'imported-block') return;
  const listing = source.listings.get(action.id);
  if (listing !== undefined) listing.stale = action.kind === 'stale-node';
}

/** A later listing of the same network id does not move the node. */
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
