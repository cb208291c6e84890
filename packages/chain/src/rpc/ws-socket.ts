import { WebSocket } from 'ws';
import type { OpenSocket } from './socket.ts';

/** The metadata of a relay chain is below one million. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/**
 * A WebSocket of the package `ws`. That of Node loads a whole HTTP client, which takes more memory of a
 * process that runs for months. It follows no redirection and has no extensions.
 */
export const openWsSocket: OpenSocket = (url, events) => {
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
