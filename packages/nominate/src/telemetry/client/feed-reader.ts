import type { RawData, WebSocket } from 'ws';
import { decodeFrame, type FrameRefusal } from '../feed/frame.ts';
import { chainSubscription } from './chain-subscription.ts';
import type { FeedSettings } from './feed.ts';
import { silenceWatch } from './silence-watch.ts';

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
  const silence = silenceWatch(socket, limits);
  const subscription = chainSubscription(socket, genesisHash, limits);
  let refusedCount = 0;

  function read(data: RawData, isBinary: boolean): void {
    // Messages that were read together with the end of the connection still arrive.
    if (isClosed() || socket.readyState !== socket.OPEN) return;
    silence.broken();
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
    for (const action of frame.actions) {
      subscription.heard(action);
      event(action);
    }
  }

  return {
    opened: () => {
      silence.start();
      socket.on('message', read);
      subscription.ask();
    },
    failed: (error) => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
      counts.lastError = code;
      if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') counts.refused['too-large'] += 1;
    },
    wasSteady: () => {
      const sinceMs = subscription.sinceMs();
      return sinceMs !== null && performance.now() - sinceMs >= limits.steadyMs;
    },
    end: () => {
      silence.stop();
      subscription.stop();
    },
  };
}
