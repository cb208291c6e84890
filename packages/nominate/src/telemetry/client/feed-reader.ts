import type { RawData, WebSocket } from 'ws';
import type { FeedAction } from '../feed/actions.ts';
import { decodeFrame, type FrameRefusal } from '../feed/frame.ts';
import type { FeedSettings } from './feed.ts';

/** Traffic on the connections of a feed since it was opened. */
export interface FeedCounts {
  attempts: number;
  /** Current sockets: none or one. */
  sockets: number;
  frames: number;
  actions: number;
  unknownActions: number;
  malformedActions: number;
  readonly refused: Record<FrameRefusal, number>;
  /** The error code of the last failed connection; null if none failed. */
  lastError: string | null;
}

export function newCounts(): FeedCounts {
  return {
    ...{ attempts: 0, sockets: 0, frames: 0, actions: 0, unknownActions: 0, malformedActions: 0 },
    refused: { 'too-large': 0, 'not-utf-8': 0, 'not-json': 0, 'not-a-frame': 0 },
    lastError: null,
  };
}

/** Handles one socket from its opening to its end. */
export interface FeedReader {
  opened(): void;
  failed(error: Error): void;
  /** Whether it was subscribed long enough to count as a success. */
  wasSteady(): boolean;
  /** Stops all timers. */
  end(): void;
}

type Settings = Pick<FeedSettings, 'genesisHash' | 'limits' | 'event'>;

export function feedReader(
  socket: WebSocket,
  { genesisHash, limits, event }: Settings,
  counts: FeedCounts,
  isClosed: () => boolean,
): FeedReader {
  /** Pings since the last message; no time, because after a pause timers fire before messages arrive. */
  let unanswered = 0;
  let subscribedAtMs: number | null = null;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let refusedCount = 0;
  let greeting: ReturnType<typeof setTimeout> | undefined;
  let asking: ReturnType<typeof setTimeout> | undefined;
  let pinging: ReturnType<typeof setInterval> | undefined;

  function subscribe(): void {
    asking = undefined;
    if (socket.readyState !== socket.OPEN) return;
    askedAtMs = performance.now();
    socket.send(`subscribe:${genesisHash}`);
  }

  function take(action: FeedAction): void {
    if (action.kind === 'subscribed-to' && action.genesisHash === genesisHash)
      subscribedAtMs ??= performance.now();
    // The chain has its first node; the earlier subscription got no answer.
    const isThere = action.kind === 'added-chain' && action.genesisHash === genesisHash;
    if (isThere && subscribedAtMs === null && asking === undefined)
      asking = setTimeout(subscribe, Math.max(0, askedAtMs + limits.subscribeMs - performance.now()));
    event(action);
  }

  function read(data: RawData, isBinary: boolean): void {
    // Messages that were read together with the end of the connection still arrive.
    if (isClosed() || socket.readyState !== socket.OPEN) return;
    unanswered = 0;
    clearTimeout(greeting);
    counts.frames += 1;
    const frame = decodeFrame(isBinary && Buffer.isBuffer(data) ? data : String(data));
    if (!frame.ok) {
      counts.refused[frame.refusal] += 1;
      refusedCount += 1;
      if (refusedCount > limits.mostRefusedFrames) socket.terminate();
      return;
    }
    counts.actions += frame.actions.length;
    counts.unknownActions += frame.unknownCount;
    counts.malformedActions += frame.malformedCount;
    for (const action of frame.actions) take(action);
  }

  function ping(): void {
    if (unanswered * limits.pingMs >= limits.silenceMs) socket.terminate();
    else socket.ping();
    unanswered += 1;
  }

  return {
    opened: () => {
      greeting = setTimeout(() => socket.terminate(), limits.greetingMs);
      pinging = setInterval(ping, limits.pingMs);
      socket.on('message', read);
      socket.on('pong', () => {
        unanswered = 0;
      });
      subscribe();
    },
    failed: (error) => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
      counts.lastError = code;
      if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') counts.refused['too-large'] += 1;
    },
    wasSteady: () => subscribedAtMs !== null && performance.now() - subscribedAtMs >= limits.steadyMs,
    end: () => {
      clearTimeout(greeting);
      clearTimeout(asking);
      clearInterval(pinging);
    },
  };
}
