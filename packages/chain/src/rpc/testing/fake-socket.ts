import type { OpenSocket, SocketEvents } from '../socket.ts';

/** Connections under full control of a test. */
export interface FakeSockets {
  readonly open: OpenSocket;
  /** Every connection attempt, with the messages sent over it. */
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
