import { WebSocket } from 'ws';

/** One WebSocket connection with callbacks; a port, so that tests can show faults without a network. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  readonly onOpen: () => void;
  readonly onMessage: (text: string) => void;
  /** Once, whether it was ever open or not; it is the last callback. */
  readonly onEnd: () => void;
}

export type OpenSocket = (url: string, events: SocketEvents) => Socket;

/** The metadata of a relay chain is below one million. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/**
 * A WebSocket of the package `ws`. That of Node loads a whole HTTP client, which takes more memory of a
 * process that runs for months. This one follows no redirection, has no extensions and answers pings.
 */
export const openWebSocket: OpenSocket = (url, events) => {
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    socket.terminate();
    events.onEnd();
  };
  socket.on('open', () => ended || events.onOpen());
  socket.on('message', (data, isBinary) => {
    if (!ended && !isBinary) events.onMessage(String(data));
  });
  socket.on('close', end);
  socket.on('error', end);
  return {
    send: (text) => {
      if (!ended) socket.send(text);
    },
    close: () => {
      socket.close();
      end();
    },
  };
};
