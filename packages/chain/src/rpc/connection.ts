import { type Clock, growingMs } from '@watchbill/kit';
import type { OpenSocket, Socket } from './socket.ts';

/**
 * A connection attempt fails after this time, for example at a host that drops packets or a port without a
 * WebSocket.
 */
const OPEN_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface ConnectionEvents {
  readonly onOpen: () => void;
  readonly onMessage: (text: string) => void;
  /** A connection that was open ended. */
  readonly onLost: () => void;
  /** Whether a connection is needed now. Called before each attempt; if it returns false, there is none. */
  readonly wanted: () => boolean;
}

/** One connection at a time, renewed with growing pauses for as long as it is wanted. */
export interface Connection {
  /** Opens a connection if none is open and one is wanted. */
  readonly ensure: () => void;
  /** False if there is no open connection: then the message was not sent. */
  readonly send: (text: string) => boolean;
  /** Monotonic milliseconds at which the last message came; null without an open connection. */
  readonly heardAtMs: () => number | null;
  /** Drops a connection that seems dead; another is made if wanted. */
  readonly drop: () => void;
  readonly close: () => void;
}

export function createConnection(
  url: string,
  open: OpenSocket,
  clock: Clock,
  events: ConnectionEvents,
): Connection {
  const closing = new AbortController();
  let socket: Socket | null = null;
  let opening = new AbortController();
  let openedAtMs: number | null = null;
  let heardAtMs = 0;
  const pause = growingPause(clock, closing.signal);

  function ensure(): void {
    if (socket !== null || pause.isRunning() || closing.signal.aborted || !events.wanted()) return;
    opening = new AbortController();
    const started = open(url, { onOpen: opened, onMessage: heard, onEnd: ended });
    socket = started;
    const { signal } = opening;
    void clock.sleep(OPEN_TIMEOUT_MS, signal).then(() => signal.aborted || started.close());
  }

  function opened(): void {
    opening.abort();
    openedAtMs = clock.monotonicMs();
    heardAtMs = openedAtMs;
    events.onOpen();
  }

  function heard(text: string): void {
    heardAtMs = clock.monotonicMs();
    events.onMessage(text);
  }

  function ended(): void {
    const lasted = openedAtMs === null ? 0 : clock.monotonicMs() - openedAtMs;
    const wasOpen = openedAtMs !== null;
    opening.abort();
    socket = null;
    openedAtMs = null;
    if (wasOpen) events.onLost();
    void pause.after(lasted).then(ensure);
  }

  return {
    ensure,
    send: (text) => {
      if (socket === null || openedAtMs === null) return false;
      socket.send(text);
      return true;
    },
    heardAtMs: () => (openedAtMs === null ? null : heardAtMs),
    drop: () => socket?.close(),
    close: () => {
      closing.abort();
      socket?.close();
    },
  };
}

/** The pause before the next attempt. It grows with each failure, and ends early when the client closes. */
function growingPause(clock: Clock, closed: AbortSignal) {
  let failures = 0;
  let isRunning = false;
  return {
    isRunning: (): boolean => isRunning,
    /** After a connection that was open for this long; 0 if it never was. */
    after: async (lastedMs: number): Promise<void> => {
      // A node that accepts and hangs up at once also gets growing pauses.
      failures = lastedMs >= LONGEST_PAUSE_MS ? 0 : failures + 1;
      if (closed.aborted) return;
      isRunning = true;
      await clock.sleep(growingMs(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), closed);
      isRunning = false;
    },
  };
}
