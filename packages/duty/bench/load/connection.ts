import { connect, type Socket } from 'node:net';

/** One kept-alive HTTP/1.1 connection with at most one request under way, cheaper than any general client. */
export interface Connection {
  /** Send a whole request; do not change its bytes before the reply. Settles to the body of a 200 or 204. */
  ask(request: Uint8Array): Promise<Buffer>;
  /** False once either side has ended it, as a service does with one that was quiet for long. */
  isOpen(): boolean;
  close(): void;
}

/**
 * A connection that is opened by its first request, and again after it has ended: a service soon ends one
 * that asks nothing.
 */
export function reopened(port: number): Pick<Connection, 'ask'> {
  let connection: Connection | null = null;
  return {
    ask: async (request) => {
      if (connection?.isOpen() !== true) connection = await openConnection(port);
      return connection.ask(request);
    },
  };
}

/** A whole request with a JSON body in ASCII, for the holder of a token. */
export function postRequest(path: string, secret: string, body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${secret}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

interface Pending {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** Open a connection to a loopback port. `ask` rejects on any other status, and when the connection ends. */
export async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await connected(socket);
  let pending: Pending | null = null;
  let broken: Error | null = null;
  const reader = replyReader();
  const fail = (error: Error): void => {
    broken ??= error;
    pending?.reject(broken);
    pending = null;
    socket.destroy();
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the service closed a connection')));
  socket.on('data', (chunk) => {
    try {
      const reply = reader(chunk);
      if (reply === null) return;
      if (pending === null) throw new Error('the service answered without a question');
      if (reply.status !== 200 && reply.status !== NO_CONTENT)
        throw new Error(`status ${reply.status}: ${reply.body.toString()}`);
      const { resolve } = pending;
      pending = null;
      resolve(reply.body);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (broken !== null) return reject(broken);
        if (pending !== null) return reject(new Error('a connection carries one request at a time'));
        pending = { resolve, reject };
        socket.write(request);
      }),
    isOpen: () => broken === null,
    close: () => {
      broken ??= new Error('the connection was closed here');
      socket.destroy();
    },
  };
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

export interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

/** Has no body, and no Content-Length. */
const NO_CONTENT = 204;
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Puts replies together from the pieces in which they arrive; null while one is not whole. Needs
 * Content-Length, except for a 204.
 */
export function replyReader(): (chunk: Buffer) => Reply | null {
  let rest: Buffer | null = null;
  return (chunk) => {
    const data: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
    rest = data;
    const headEnd = data.indexOf(HEAD_END);
    if (headEnd < 0) return null;
    const head = data.toString('latin1', 0, headEnd);
    const status = Number(head.slice(9, 12));
    const length = status === NO_CONTENT ? 0 : /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 ') || length === undefined)
      throw new Error(`an answer that this client does not read: ${head}`);
    const end = headEnd + HEAD_END.length + Number(length);
    if (data.length < end) return null;
    if (data.length > end) throw new Error('the service sent more than one answer');
    rest = null;
    return { status, body: data.subarray(headEnd + HEAD_END.length) };
  };
}
