import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '../time/clock.ts';
import { statusFault } from './call-fault.ts';
import { type Exchange, openExchange } from './exchange.ts';

/** PEM texts for https: the authority to trust, and a client certificate with its key. */
export type CallTls = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;

/** The identity of a caller, and its connections. */
export interface CallerSettings {
  /** A unix socket in place of host and port of each address. */
  readonly socket?: string | null;
  /** The secret of the header `authorization: Bearer`. */
  readonly token?: string | null;
  readonly tls?: CallTls;
  /** Keeps connections for further calls until `close`; otherwise each call has a new one. */
  readonly kept?: boolean;
  readonly clock?: Clock;
}

/** One request. */
export interface Asked {
  /** If left out, `GET`, or `POST` with a body. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** A text that is JSON already, or a value that is sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** For the whole exchange; for the head of a stream. */
  readonly deadlineMs: number;
  /** Of the answer, in bytes; a stream has no bound. */
  readonly mostBytes: number;
  /** Hears after three seconds without a head whether a program accepted the connection; may throw. */
  readonly onSilence?: (isAccepted: boolean) => void;
}

/** An answer, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** HTTP calls. Redirects are not followed, so that credentials reach only the given address. */
export interface Caller {
  /** A whole answer. Rejects with a {@link CallFault}. */
  readonly ask: (address: string | URL, asked: Asked) => Promise<Answer>;
  /**
   * The body of an answer with status 200 as it arrives. Throws a {@link CallFault}, also if no byte comes
   * for `stallMs`; the time of a reader who takes the chunks does not count.
   */
  readonly stream: (address: string | URL, asked: Streamed) => AsyncIterable<Buffer>;
  /** Closes the kept connections, with the requests on them. */
  readonly close: () => void;
}

type Streamed = Asked & { readonly stallMs?: number };

const MOST_SOCKETS = 64;

/** A caller; its first call connects. */
export function openCaller(settings: CallerSettings = {}): Caller {
  const agents = new Map<string, Agent>();
  const begin = async ({ url, signal, connected }: Exchange, asked: Asked): Promise<IncomingMessage> => {
    // The first call loads it, and TLS only if needed. `import()` would load `http.WebSocket` too, in 50 ms.
    const name = url.protocol === 'https:' ? 'node:https' : 'node:http';
    const { request, Agent } = process.getBuiltinModule(name);
    const { kept = false, socket, tls } = settings;
    if (kept && !agents.has(url.protocol))
      agents.set(url.protocol, new Agent({ keepAlive: true, maxSockets: MOST_SOCKETS }));
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { body } = asked;
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const sent = request(url, {
      ...tls,
      ...(typeof socket === 'string' ? { socketPath: socket } : {}),
      method: asked.method ?? (text === undefined ? 'GET' : 'POST'),
      headers: headersOf(settings, asked, text),
      agent: agents.get(url.protocol) ?? false,
      signal,
    });
    sent.once('response', resolve);
    sent.once('socket', (line) => (line.connecting ? line.once('connect', connected) : connected()));
    // Stays for the life of the request: an error that comes after the head ends the body too.
    sent.on('error', reject);
    sent.end(text);
    return promise;
  };
  return {
    ask: async (address, asked) => {
      const exchange = openExchange(address, asked, settings);
      try {
        return await exchange.whole(await begin(exchange, asked));
      } catch (error) {
        throw exchange.fault(error);
      } finally {
        exchange.end();
      }
    },
    stream: async function* (address, asked) {
      const exchange = openExchange(address, asked, settings);
      try {
        const response = await begin(exchange, asked);
        if (response.statusCode !== 200) throw statusFault(await exchange.whole(response), exchange.where);
        yield* exchange.chunks(response, asked.stallMs);
      } catch (error) {
        throw exchange.fault(error);
      } finally {
        exchange.end();
      }
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

function headersOf({ token }: CallerSettings, { headers }: Asked, text: string | undefined) {
  return {
    accept: 'application/json',
    ...(typeof token === 'string' ? { authorization: `Bearer ${token}` } : {}),
    // Node frames the body of a DELETE only by a length that is given.
    ...(text === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    ...headers,
  };
}
