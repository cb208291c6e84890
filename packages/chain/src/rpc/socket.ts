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

/** The built-in WebSocket of Node. It answers pings itself. */
export const openWebSocket: OpenSocket = (url, events) => {
  const socket = new WebSocket(url);
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    events.onEnd();
  };
  socket.addEventListener('open', () => ended || events.onOpen());
  socket.addEventListener('message', ({ data }) => {
    if (!ended && typeof data === 'string') events.onMessage(data);
  });
  socket.addEventListener('close', end);
  socket.addEventListener('error', end);
  return {
    send: (text) => socket.send(text),
    close: () => {
      socket.close();
      end();
    },
  };
};
