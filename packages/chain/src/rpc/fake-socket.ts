import type { OpenSocket, SocketEvents } from './socket.ts';

/** Connections that do only what a test says. */
export interface FakeSockets {
  readonly open: OpenSocket;
  /** Every connection that was tried, with what was sent over it. */
  readonly tried: readonly { readonly events: SocketEvents; readonly sent: string[]; closed: boolean }[];
}

export function fakeSockets(): FakeSockets {
  const tried: { readonly events: SocketEvents; readonly sent: string[]; closed: boolean }[] = [];
  return {
    tried,
    open: (_url, events) => {
      const one = { events, sent: [] as string[], closed: false };
      tried.push(one);
      return {
        send: (text) => void one.sent.push(text),
        close: () => {
          if (one.closed) return;
          one.closed = true;
          events.onEnd();
        },
      };
    },
  };
}
