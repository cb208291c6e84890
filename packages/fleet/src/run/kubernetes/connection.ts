import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { messageOf } from '@watchbill/kit';
import type { Forward } from '../../file/net/index.ts';
import { MOST_IN_FLIGHT } from '../../file/net/index.ts';
import { openForward } from './forward.ts';

/** The cluster, and the user. */
export interface ConnectionSettings {
  /** Null: as kubectl looks for it (`KUBECONFIG`, `~/.kube/config`, the service account of the pod). */
  readonly kubeconfigFile: string | null;
  /** Null: the current one. */
  readonly context: string | null;
}

export interface HttpRequest {
  readonly method: 'GET' | 'PATCH' | 'DELETE' | 'POST' | 'PUT';
  /** Path with query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Seconds or a date, as the server wrote it. */
  readonly retryAfter: string | null;
  readonly text: string;
}

/** One API server, as one user. */
export interface Connection {
  /** Address of the server, for messages. */
  readonly server: string;
  /** Rejects with a `ConnectionFault` without a complete answer. */
  readonly exchange: (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;
  /** A way to a port on the loopback of a pod. */
  readonly forward: (namespace: string, pod: string, port: number) => Promise<Forward>;
  readonly close: () => void;
}

/** No answer. `sent` false: the server cannot have seen the request. */
export class ConnectionFault extends Error {
  readonly sent: boolean;
  constructor(detail: string, sent: boolean, cause: unknown) {
    super(detail, { cause });
    this.name = 'ConnectionFault';
    this.sent = sent;
  }
}

export type Opened =
  | { readonly ok: true; readonly connection: Connection }
  | { readonly ok: false; readonly detail: string };

/** More than any list of a network of 1,000 nodes. */
const MOST_BYTES = 64 * 2 ** 20;

/** Reads the kubeconfig, without contacting the cluster. */
export async function openConnection(settings: ConnectionSettings): Promise<Opened> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (settings.kubeconfigFile === null) config.loadFromDefault();
    else config.loadFromFile(settings.kubeconfigFile);
  } catch (error) {
    return { ok: false, detail: `the kubeconfig cannot be read: ${textOf(error)}` };
  }
  if (settings.context !== null) {
    if (config.getContextObject(settings.context) === null)
      return { ok: false, detail: `the kubeconfig has no context ${settings.context}` };
    config.setCurrentContext(settings.context);
  }
  const server = config.getCurrentCluster()?.server;
  if (server === undefined)
    return { ok: false, detail: 'the kubeconfig has no current context with a cluster' };
  return { ok: true, connection: connect(config, server) };
}

function connect(config: KubeConfig, server: string): Connection {
  const url = new URL(server);
  const base = url.pathname.replace(/\/$/, '');
  const secure = url.protocol === 'https:';
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: MOST_IN_FLIGHT })
    : new HttpAgent({ keepAlive: true, maxSockets: MOST_IN_FLIGHT });

  async function exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const options: RequestOptions = { method: request.method, signal, headers: headersOf(request) };
    // Asked for each request, since a token may have to be renewed.
    await config.applyToHTTPSOptions(options).catch((cause: unknown) => {
      throw new ConnectionFault(
        `the credentials of the kubeconfig cannot be used: ${textOf(cause)}`,
        false,
        cause,
      );
    });
    // Its own agent is only needed for a proxy; a plain one would open a connection for each request.
    if (options.agent === undefined || isPlain(options.agent)) options.agent = agent;
    const target = new URL(`${base}${request.path}`, url);
    const make = secure ? httpsRequest : httpRequest;
    return answerOf(make(target, options), request.body, secure ? 'secureConnect' : 'connect');
  }
  return {
    server,
    exchange,
    forward: (namespace, pod, port) => openForward(config, namespace, pod, port),
    close: () => agent.destroy(),
  };
}

function isPlain(agent: RequestOptions['agent']): boolean {
  return typeof agent === 'object' && (agent.constructor === HttpsAgent || agent.constructor === HttpAgent);
}

function headersOf({ body, contentType }: HttpRequest): Record<string, string | number> {
  if (body === undefined) return { accept: 'application/json' };
  return {
    accept: 'application/json',
    'content-type': contentType ?? 'application/json',
    'content-length': Buffer.byteLength(body),
  };
}

function answerOf(
  request: ClientRequest,
  body: string | undefined,
  established: string,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let connected = false;
    request.once('socket', (socket) => {
      const ready = (): void => {
        connected = true;
      };
      if (socket.connecting) socket.once(established, ready);
      else ready();
    });
    const fail = (error: Error): void => reject(new ConnectionFault(textOf(error), connected, error));
    request.once('error', fail);
    request.once('response', (response) => readAll(response).then(resolve, fail));
    request.end(body);
  });
}

async function readAll(response: IncomingMessage): Promise<HttpAnswer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Error(`the answer is larger than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  if (!response.complete) throw new Error('the answer ended early');
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'] ?? null,
    text: Buffer.concat(parts).toString('utf8'),
  };
}

/** The message of an error. If several addresses failed together, their messages. */
export function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(textOf).join('; ');
  return messageOf(error);
}
