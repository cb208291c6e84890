import { WebSocket } from 'ws';
import { backoffMs } from '../backoff.ts';
import type { TransportLimits } from '../limits.ts';
import { MAX_MESSAGE_BYTES } from './link.ts';

/** Keeps trying to have a connection to one member. */
export interface Dialer {
  /** The connection did what it was for: the next wait is a short one again. */
  succeeded(): void;
  close(): void;
}

/** `opened` gets each socket that is open. When it has ended the next attempt begins, at the next of the addresses. */
export function dial(
  urls: readonly string[],
  limits: Pick<TransportLimits, 'handshakeMs' | 'redial'>,
  opened: (socket: WebSocket) => void,
): Dialer {
  let failures = 0;
  let attempts = 0;
  let isClosed = false;
  let wait: ReturnType<typeof setTimeout> | null = null;
  let current: WebSocket | null = null;

  const again = (): void => {
    if (isClosed) return;
    wait = setTimeout(attempt, backoffMs(failures, limits.redial, Math.random()));
    failures += 1;
  };
  const attempt = (): void => {
    const url = urls[attempts % urls.length];
    attempts += 1;
    if (url === undefined) return;
    const socket = new WebSocket(url, {
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handshakeTimeout: limits.handshakeMs,
      followRedirects: false,
    });
    current = socket;
    // A host that cannot be reached is nothing to report: `close` follows, and the next attempt.
    socket.on('error', () => {});
    socket.once('open', () => opened(socket));
    socket.once('close', again);
  };

  attempt();
  return {
    succeeded: () => {
      failures = 0;
    },
    close: () => {
      isClosed = true;
      if (wait !== null) clearTimeout(wait);
      // An open connection is ended in good order by whoever uses it.
      if (current?.readyState === WebSocket.CONNECTING) current.terminate();
    },
  };
}
