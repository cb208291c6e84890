import type { WebSocket } from 'ws';

/** An action of the feed: its code and its payload, as the server writes them. */
export type FeedAction = readonly [code: number, payload: unknown];

/** Codes of the actions that this server sends. */
export const ACTION = {
  feedVersion: 0,
  addedNode: 3,
  removedNode: 4,
  locatedNode: 5,
  addedChain: 11,
  removedChain: 12,
  subscribedTo: 13,
} as const;

const FEED_VERSION = 32;

/** Answers to a new feed, and to its subscription to a chain. */
interface Known {
  chains(): readonly FeedAction[];
  nodesOf(genesisHash: string): readonly FeedAction[];
}

/** Those who listen. */
export interface Feeds {
  admit(socket: WebSocket, known: Known): void;
  /** Sends actions to all feeds, or only to subscribers of a chain. */
  tell(actions: readonly FeedAction[], genesisHash?: string): void;
  size(): number;
  /** Ends all connections at once. */
  end(): void;
}

export function feedsOfServer(): Feeds {
  /** The chain that each subscribed to. */
  const feeds = new Map<WebSocket, string | null>();

  /** One frame is an array in which codes and payloads alternate, as bytes. */
  const send = (socket: WebSocket, actions: readonly FeedAction[]): void =>
    socket.send(Buffer.from(JSON.stringify(actions.flat())), { binary: true });

  return {
    admit: (socket, known) => {
      feeds.set(socket, null);
      socket.on('message', (data) => {
        const [, genesisHash = ''] = /^subscribe:(.*)$/.exec(String(data)) ?? [];
        const nodes = known.nodesOf(genesisHash);
        // The real server says nothing at all of a chain that it does not know.
        if (nodes.length === 0) return;
        send(socket, [[ACTION.subscribedTo, genesisHash], ...nodes]);
        feeds.set(socket, genesisHash);
      });
      socket.once('close', () => feeds.delete(socket));
      send(socket, [[ACTION.feedVersion, FEED_VERSION], ...known.chains()]);
    },
    tell: (actions, genesisHash) => {
      for (const [socket, subscribed] of feeds)
        if (genesisHash === undefined || subscribed === genesisHash) send(socket, actions);
    },
    size: () => feeds.size,
    end: () => {
      for (const socket of feeds.keys()) socket.terminate();
      feeds.clear();
    },
  };
}
