import { WebSocket } from 'ws';
import { FRAME_LIMITS } from '../feed/frame.ts';
import type { TrackerEvent } from '../tracker/tracker.ts';
import { type FeedCounts, feedReader, newCounts } from './feed-reader.ts';
import { type FeedLimits, redialMs } from './limits.ts';

/** A feed to connect to. */
export interface FeedSettings {
  /** The name in reports and errors, instead of the address, which may contain a secret. */
  readonly name: string;
  /** `ws://` or `wss://`, ending in `/feed` with the public servers. */
  readonly url: string;
  readonly genesisHash: string;
  readonly limits: FeedLimits;
  readonly random: () => number;
  /** In the order of arrival. Must not throw. */
  readonly event: (event: TrackerEvent) => void;
}

/** A feed that reconnects whenever its connection is lost. One socket at any time. */
export interface Feed {
  counts(): FeedCounts;
  /** Closes gracefully, or after `closeMs` by force. No event comes after the call. Idempotent. */
  close(): Promise<void>;
}

/** Checks an address. Throws a RangeError that names the feed and a valid form, never the address. */
export function feedUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['ws:', 'wss:'].includes(url.protocol) || url.hash !== '')
    throw new RangeError(`telemetry "${name}" has no usable address: write wss://HOST/feed`);
  return url;
}

/** Connects and subscribes, again and again. */
export function openFeed(settings: FeedSettings): Feed {
  const { limits, random } = settings;
  const url = feedUrl(settings.name, settings.url);
  const counts = newCounts();
  let failures = 0;
  let isClosed = false;
  let current: WebSocket | null = null;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  function dial(): void {
    counts.attempts += 1;
    const socket = new WebSocket(url, {
      maxPayload: FRAME_LIMITS.bytes,
      perMessageDeflate: false,
      handshakeTimeout: limits.handshakeMs,
      followRedirects: false,
    });
    current = socket;
    counts.sockets += 1;
    const reader = feedReader(socket, settings, counts, () => isClosed);
    // An error is always followed by the close, and only the close leads to another attempt.
    socket.on('error', reader.failed);
    socket.once('open', reader.opened);
    socket.once('close', () => {
      counts.sockets -= 1;
      failures = reader.wasSteady() ? 0 : failures;
      reader.end();
      if (isClosed) return;
      settings.event({ kind: 'disconnected' });
      waiting = setTimeout(dial, redialMs(failures, limits, random()));
      failures += 1;
    });
  }

  dial();
  return {
    counts: () => ({ ...counts, refused: { ...counts.refused } }),
    close: async () => {
      isClosed = true;
      clearTimeout(waiting);
      if (current !== null) await end(current, limits.closeMs);
    },
  };
}

function end(socket: WebSocket, closeMs: number): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    const cut = setTimeout(() => socket.terminate(), closeMs);
    socket.once('close', () => {
      clearTimeout(cut);
      resolve();
    });
    if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
    else socket.close(1000);
  });
}
