import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { usageFault } from '@watchbill/kit';
import { readBytes } from '@watchbill/kit/command/input-file';
import type { Target } from './target.ts';

/** The sent part of one exchange. */
export interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the exchange, also while the answer arrives. */
  readonly signal: AbortSignal;
}

/** Kept connections to one service. */
export interface Connections {
  /** The answer once its head is there. Rejects with the error of the connection. */
  request(url: URL, sent: Sent): Promise<IncomingMessage>;
  /** Closes every connection, with the requests on it. */
  close(): void;
}

/** Connections as the target asks for them; none is open yet. Throws a fault for an unfit PEM file. */
export async function openConnections(target: Target): Promise<Connections> {
  const { begin, agent } = await kindFor(target);
  const socketPath = target.socket === null ? {} : { socketPath: target.socket };
  return {
    request: (url, { method, headers, body, signal }) => {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      // Node frames the body of a DELETE only by a length that is given.
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const request = begin(url, {
        method,
        headers: { ...headers, ...length },
        agent,
        signal,
        ...socketPath,
      });
      request.once('response', resolve);
      // Stays for the life of the request: an error that comes after the head ends the body too.
      request.on('error', reject);
      request.end(body);
      return promise;
    },
    close: () => agent.destroy(),
  };
}

interface Kind {
  readonly begin: (url: URL, options: RequestOptions) => ReturnType<typeof httpRequest>;
  readonly agent: HttpAgent;
}

const KEPT = { keepAlive: true };

async function kindFor(target: Target): Promise<Kind> {
  // Read for plain HTTP too: a flag that names no certificate is a mistake anyway.
  const tls = {
    ...tlsFile('ca', target.caFile),
    ...tlsFile('cert', target.certFile),
    ...tlsFile('key', target.keyFile),
  };
  if (target.url.protocol !== 'https:') return { begin: httpRequest, agent: new HttpAgent(KEPT) };
  // Loaded here, since loading TLS takes longer than a request of plain HTTP.
  const { Agent, request } = await import('node:https');
  const trust = target.anyCertificate === true ? { rejectUnauthorized: false } : {};
  return { begin: request, agent: new Agent({ ...KEPT, ...tls, ...trust }) };
}

function tlsFile(name: 'ca' | 'cert' | 'key', file: string | null): Record<string, Buffer> {
  if (file === null) return {};
  const missing = 'name an existing PEM file that this user may read';
  const where = `flag --${name}-file`;
  const kind = name === 'key' ? 'PRIVATE KEY' : 'CERTIFICATE';
  const bytes = readBytes(file, { where, missing });
  if (bytes.includes(`${kind}-----`)) return { [name]: bytes };
  throw usageFault(`${file} holds no ${kind.toLowerCase()} in PEM form`, missing, where);
}
