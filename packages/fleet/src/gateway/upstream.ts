import { WebSocket } from 'ws';

/** The connection of one caller to a node. */
export interface Upstream {
  /** Sends a text, or keeps it until the connection is open. False if too much waits for the node already. */
  readonly send: (text: string) => boolean;
  readonly close: () => void;
  readonly terminate: () => void;
}

export interface UpstreamEvents {
  readonly onText: (text: string) => void;
  /** The connection failed or ended; may be called twice. `why`: a sentence for the caller. */
  readonly onEnd: (why: string) => void;
}

const CONNECT_MS = 10_000;
/** Texts that may wait until the node's connection is open. */
const MOST_WAITING = 64;

export interface UpstreamLimits {
  /** The largest text of the node. */
  readonly responseBytes: number;
  /** Bytes that may wait for a node that reads slowly. */
  readonly bufferedBytes: number;
}

export function openUpstream(url: string, limits: UpstreamLimits, events: UpstreamEvents): Upstream {
  const socket = new WebSocket(url, {
    handshakeTimeout: CONNECT_MS,
    maxPayload: limits.responseBytes,
    perMessageDeflate: false,
  });
  const waiting: string[] = [];
  socket.on('open', () => {
    for (const text of waiting.splice(0)) socket.send(text);
  });
  socket.on('message', (data) => events.onText(String(data)));
  socket.on('close', () => events.onEnd('the node ended the connection: connect again'));
  socket.on('error', () => events.onEnd('the node cannot be reached: connect again'));
  return {
    send: (text) => {
      if (socket.bufferedAmount > limits.bufferedBytes) return false;
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
      else if (waiting.length < MOST_WAITING) waiting.push(text);
      else return false;
      return true;
    },
    close: () => socket.close(),
    terminate: () => socket.terminate(),
  };
}
