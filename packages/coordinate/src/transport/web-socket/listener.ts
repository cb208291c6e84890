import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { TransportLimits } from '../limits.ts';
import { type HostPort, hostPortText } from './address.ts';
import { MAX_MESSAGE_BYTES } from './link.ts';
import { strangersWithin } from './strangers.ts';

export interface Listener {
  /** Where it listens; the port is the real one where 0 was asked for. */
  readonly address: HostPort;
  close(): void;
}

/** Listens for members. `accepted` gets each open socket, and what to call once its other end has proven to be one. */
export async function listenOn(
  where: HostPort,
  limits: Pick<TransportLimits, 'strangers' | 'handshakeMs'>,
  accepted: (socket: WebSocket, isProven: () => void) => void,
): Promise<Listener> {
  const strangers = strangersWithin(limits);
  const sockets = new Set<Socket>();
  const http = createServer({ maxHeaderSize: 4096 }, (_request, response) => {
    response.writeHead(426, { connection: 'close' }).end();
  });
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    strangers.admit(socket);
  });
  const webSockets = new WebSocketServer({
    server: http,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  // It repeats the errors of the server below it, which tells of those of listening itself.
  webSockets.on('error', () => {});
  webSockets.on('connection', (socket, request) => accepted(socket, () => strangers.release(request.socket)));
  http.listen(where.port, where.host);
  try {
    await once(http, 'listening');
  } catch (cause) {
    throw new Error(`cannot listen on ${hostPortText(where)}; is the port taken?`, { cause });
  }
  const bound = http.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : where.port;
  return {
    address: { host: where.host, port },
    close: () => {
      webSockets.close();
      http.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
