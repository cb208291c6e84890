import type { WebSocket } from 'ws';
import { ACTION, FEED_VERSION, type FeedAction, feedFrame } from './feed-action.ts';
import type { TelemetryState } from './state.ts';

/** Those who listen. */
export interface FakeFeed {
  admit(socket: WebSocket): void;
  /** Sends actions to all feeds, or only to subscribers of a chain. */
  tell(actions: readonly FeedAction[], genesisHash?: string): void;
  size(): number;
  /** Ends all connections at once. */
  end(): void;
}

interface Feed {
  readonly socket: WebSocket;
  genesisHash: string | null;
}

/** A feed with more than this waiting to be sent is too slow, and is dropped. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

export function fakeFeed(state: TelemetryState): FakeFeed {
  const feeds = new Set<Feed>();

  function send({ socket }: Feed, actions: readonly FeedAction[]): void {
    if (actions.length === 0 || socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MOST_WAITING_BYTES) socket.terminate();
    else socket.send(feedFrame(actions), { binary: true });
  }

  function subscribe(feed: Feed, genesisHash: string): void {
    const chain = state.chain(genesisHash);
    const before = feed.genesisHash;
    feed.genesisHash = null;
    // The real server says nothing at all of a chain that it does not know.
    if (chain === undefined) return;
    const left: readonly FeedAction[] = before === null ? [] : [[ACTION.unsubscribedFrom, before]];
    send(feed, [...left, ...chain.overview(Date.now())]);
    for (const frame of chain.nodeFrames()) send(feed, frame);
    feed.genesisHash = genesisHash;
  }

  function command(feed: Feed, text: string): void {
    const [, name, value = ''] = /^([a-z-]+):(.*)$/s.exec(text) ?? [];
    if (name === 'subscribe') subscribe(feed, value.toLowerCase());
    if (name === 'ping') send(feed, [[ACTION.pong, value]]);
  }

  return {
    admit: (socket) => {
      const feed: Feed = { socket, genesisHash: null };
      feeds.add(feed);
      socket.on('message', (data) => command(feed, String(data)));
      socket.once('close', () => feeds.delete(feed));
      const chains = state
        .chains()
        .map((chain): FeedAction => [ACTION.addedChain, [chain.label(), chain.genesisHash, chain.size()]]);
      send(feed, [[ACTION.feedVersion, FEED_VERSION], ...chains]);
    },
    tell: (actions, genesisHash) => {
      for (const feed of feeds)
        if (genesisHash === undefined || feed.genesisHash === genesisHash) send(feed, actions);
    },
    size: () => feeds.size,
    end: () => {
      for (const { socket } of feeds) socket.terminate();
      feeds.clear();
    },
  };
}
