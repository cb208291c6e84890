import { createHash, randomBytes } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket as TcpSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { closeFrame, frameReader, pongFrame, textFrame } from './frames.ts';
import type { OpenSocket, SocketEvents } from './socket.ts';

/** RFC 6455, 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const END_OF_HEAD = '\r\n\r\n';
const MAX_HEAD_BYTES = 16 * 1024;

/**
 * A WebSocket over a bare connection. That of Node loads a whole HTTP client, which takes 17 MB of a process
 * that runs for months. It follows no redirection and has no extensions; certificates of `wss` are checked
 * as Node checks them.
 */
export const openLeanSocket: OpenSocket = (href, events) => {
  const url = new URL(href);
  const key = randomBytes(16).toString('base64');
  const socket = connectTo(url);
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    socket.destroy();
    events.onEnd();
  };
  socket.setNoDelay(true);
  socket.on('error', end);
  socket.on('close', end);
  socket.on('end', end);
  const take = reader(key, socket, { ...events, onEnd: end });
  socket.on('data', (bytes: Buffer) => {
    if (ended) return;
    try {
      take(bytes);
    } catch {
      end();
    }
  });
  socket.write(requestOf(url, key));
  return {
    send: (text) => void (ended || socket.write(textFrame(text))),
    close: () => {
      if (!ended && !socket.connecting) socket.write(closeFrame());
      end();
    },
  };
};

function connectTo({ protocol, hostname, port }: URL): TcpSocket {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'ws:') return connectTcp({ host, port: Number(port || 80) });
  // Certificates name a host, and no server name is sent for an address.
  return connectTls({ host, port: Number(port || 443), ...(isIP(host) === 0 ? { servername: host } : {}) });
}

function requestOf({ host, pathname, search }: URL, key: string): string {
  const lines = [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
  ];
  return `${lines.join('\r\n')}${END_OF_HEAD}`;
}

/** Reads the answer to the request, and from then on frames. Throws if the server broke the protocol. */
function reader(key: string, socket: TcpSocket, { onOpen, onMessage, onEnd }: SocketEvents) {
  const frames = frameReader({
    onText: onMessage,
    onPing: (payload) => void socket.write(pongFrame(payload)),
    onClose: () => {
      socket.write(closeFrame());
      onEnd();
    },
  });
  let head: Buffer | null = Buffer.alloc(0);
  return (bytes: Buffer): void => {
    if (head === null) {
      frames(bytes);
      return;
    }
    head = Buffer.concat([head, bytes]);
    const at = head.indexOf(END_OF_HEAD);
    if (at < 0 && head.length <= MAX_HEAD_BYTES) return;
    if (at < 0 || !isUpgraded(head.toString('latin1', 0, at), key)) throw new Error('it is no WebSocket');
    const rest = head.subarray(at + END_OF_HEAD.length);
    head = null;
    onOpen();
    frames(rest);
  };
}

function isUpgraded(head: string, key: string): boolean {
  const [status = '', ...lines] = head.split('\r\n');
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  const found = lines.map((line) => /^sec-websocket-accept:\s*(\S+)\s*$/i.exec(line)?.[1]);
  return /^HTTP\/1\.1 101(?: |$)/.test(status) && found.includes(accept);
}
