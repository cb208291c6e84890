import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** The local end of a connection to the port of a node: a socket file, or a port of 127.0.0.1. */
export type WayTo = { readonly socketPath: string } | { readonly port: number };

/**
 * Forwards HTTP and WebSockets to a node, and rewrites the host name. A node on its loopback answers only
 * requests for the address and port that it listens on (`Provided Host header is not whitelisted`), and the
 * forwarded port differs. The proxy also accepts only requests for its own address, as the node would: a web
 * page whose name resolves to this machine is refused. Does not listen yet.
 */
export function hostProxy(way: WayTo, host: string): Server {
  const reached = 'port' in way ? { host: '127.0.0.1', port: way.port } : { socketPath: way.socketPath };
  const isOwn = ({ headers, socket }: IncomingMessage): boolean =>
    [`127.0.0.1:${socket.localPort}`, `localhost:${socket.localPort}`].includes(headers.host ?? '');
  const server = createServer((asked, answer) => {
    if (!isOwn(asked)) {
      answer.writeHead(403, { connection: 'close' }).end('this port is called by its own address alone\n');
      return;
    }
    const headers = { ...asked.headers, host, connection: 'close' };
    const { method, url: path } = asked;
    const passed = request({ ...reached, method, path, headers, agent: false });
    passed.once('response', (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
      got.once('error', () => answer.destroy());
    });
    passed.once('error', () => answer.destroy());
    answer.once('close', () => passed.destroy());
    asked.pipe(passed);
  });
  server.on('upgrade', (asked: IncomingMessage, near: Duplex, head: Buffer) => {
    if (!isOwn(asked)) {
      near.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    const far = 'port' in way ? connect(way.port, '127.0.0.1') : connect(way.socketPath);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => one.destroy());
      one.once('close', () => other.destroy());
    }
    far.write(headOf(asked, host));
    far.write(head);
    near.pipe(far).pipe(near);
  });
  return server;
}

/** A request as it came, but for the host. */
function headOf({ method, url, rawHeaders }: IncomingMessage, host: string): string {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    lines.push(`${name}: ${name.toLowerCase() === 'host' ? host : rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
