/** An action of the feed: its code and its payload, as the server writes them. */
export type FeedAction = readonly [code: number, payload: unknown];

/** Action codes of the feed; 16 to 19 were given up. */
export const ACTION = {
  feedVersion: 0,
  bestBlock: 1,
  bestFinalised: 2,
  addedNode: 3,
  removedNode: 4,
  locatedNode: 5,
  importedBlock: 6,
  finalisedBlock: 7,
  nodeStats: 8,
  hardware: 9,
  timeSync: 10,
  addedChain: 11,
  removedChain: 12,
  subscribedTo: 13,
  unsubscribedFrom: 14,
  pong: 15,
  staleNode: 20,
  nodeIo: 21,
  chainStats: 22,
} as const;

/** The version of the feed that this server speaks. */
export const FEED_VERSION = 32;

/** One frame: an array in which codes and payloads alternate, sent as bytes. */
export function feedFrame(actions: readonly FeedAction[]): Buffer {
  return Buffer.from(JSON.stringify(actions.flat()));
}
