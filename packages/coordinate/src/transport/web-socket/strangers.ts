import type { Socket } from 'node:net';
import type { TransportLimits } from '../limits.ts';

/** Connections whose other end has not proven who it is. */
export interface Strangers {
  admit(socket: Socket): void;
  /** The other end has proven to be a member. */
  release(socket: Socket): void;
  count(): number;
}

/**
 * Holds at most so many, each for so long. Where one more comes the oldest has to go: an honest handshake takes milliseconds, and
 * whoever only holds connections open would otherwise keep members out until the deadline.
 */
export function strangersWithin(limits: Pick<TransportLimits, 'strangers' | 'handshakeMs'>): Strangers {
  const waiting = new Map<Socket, ReturnType<typeof setTimeout>>();
  const release = (socket: Socket): void => {
    clearTimeout(waiting.get(socket));
    waiting.delete(socket);
  };
  return {
    admit: (socket) => {
      waiting.set(
        socket,
        setTimeout(() => socket.destroy(), limits.handshakeMs),
      );
      socket.once('close', () => release(socket));
      for (const oldest of waiting.keys()) {
        if (waiting.size <= limits.strangers) break;
        release(oldest);
        oldest.destroy();
      }
    },
    release,
    count: () => waiting.size,
  };
}
