import type { WebSocket } from 'ws';
import type { FeedAction } from '../feed/actions.ts';
import type { FeedLimits } from './limits.ts';

/** The subscription of one socket to the nodes of a chain. */
export interface ChainSubscription {
  readonly ask: () => void;
  /** Must get each action, in its order. */
  readonly heard: (action: FeedAction) => void;
  /** When the server confirmed it, by `performance.now()`; null if it did not. */
  readonly sinceMs: () => number | null;
  readonly stop: () => void;
}

export function chainSubscription(
  socket: WebSocket,
  genesisHash: string,
  limits: FeedLimits,
): ChainSubscription {
  let subscribedAtMs: number | null = null;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let asking: ReturnType<typeof setTimeout> | undefined;

  function ask(): void {
    asking = undefined;
    if (socket.readyState !== socket.OPEN) return;
    askedAtMs = performance.now();
    socket.send(`subscribe:${genesisHash}`);
  }

  return {
    ask,
    heard: (action) => {
      if (action.kind === 'subscribed-to' && action.genesisHash === genesisHash) {
        subscribedAtMs ??= performance.now();
        // A second subscription would end this one, and the tracker would take it for a loss of the feed.
        clearTimeout(asking);
      }
      // The chain has its first node; the earlier subscription got no answer.
      const isThere = action.kind === 'added-chain' && action.genesisHash === genesisHash;
      if (isThere && subscribedAtMs === null && asking === undefined)
        asking = setTimeout(ask, Math.max(0, askedAtMs + limits.subscribeMs - performance.now()));
    },
    sinceMs: () => subscribedAtMs,
    stop: () => clearTimeout(asking),
  };
}
