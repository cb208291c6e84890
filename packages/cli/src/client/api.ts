import { causeText, systemFault, wasNotSent } from '@watchbill/base';
import type { Agent } from 'undici';
import { Fault, fault, usageFault } from '../process/fault.ts';
import { readBytes } from '../process/input-file.ts';
import { problemFault } from './problem.ts';
import type { Target } from './target.ts';

/** An answer of the service, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** HTTP calls to one service. Each call has a deadline. */
export interface Api {
  /** Any answer. Throws a fault with exit status 5 where none came. */
  ask(method: Method, path: string, call?: Call): Promise<Answer>;
  /** The body of a good answer. Throws a fault that carries the problem document of any other. */
  get<Body>(path: string, query?: Query): Promise<Body>;
  send<Body>(method: Method, path: string, body?: unknown): Promise<Body>;
  /**
   * The body of a good answer as it arrives, of any length. Throws the faults of {@link get}, and one with
   * exit status 5 if the answer breaks off or stands still for `STALL_MS`.
   */
  stream(path: string, query?: Query): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export type Query = Readonly<Record<string, string | undefined>>;
export interface Call {
  readonly body?: unknown;
  readonly query?: Query | undefined;
  readonly timeoutMs?: number | undefined;
  /** Ends the call before its answer; `ask` then throws a fault with the code {@link STOPPED}. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
/** A service that sends no byte of a long answer for this long is given up. */
const STALL_MS = 60_000;

/** A client of the service; nothing is sent yet. */
export async function openApi(target: Target): Promise<Api> {
  // Loaded here and not above, so that help and refused command lines come fast.
  const undici = await import('./undici.ts');
  const connect = {
    timeout: target.timeoutMs,
    ...(target.socket === null ? {} : { socketPath: target.socket }),
    ...(target.anyCertificate === true ? { rejectUnauthorized: false } : {}),
    ...tlsFile('ca', target.caFile),
    ...tlsFile('cert', target.certFile),
    ...tlsFile('key', target.keyFile),
  };
  const agent = new undici.Agent({ connect, maxResponseSize: MAX_RESPONSE_BYTES });
  const ask = (method: Method, path: string, call: Call = {}) =>
    exchange(undici.request, agent, target, method, path, call);
  const good = async <Body>(method: Method, path: string, call: Call): Promise<Body> => {
    const answer = await ask(method, path, call);
    if (answer.status < 200 || answer.status > 299) throw problemFault(answer, `${method} ${path}`, target);
    return answer.body as Body;
  };
  return {
    ask,
    get: (path, query) => good('GET', path, { query }),
    send: (method, path, body) => good(method, path, { body }),
    stream: async function* (path, query) {
      const unbounded = new undici.Agent({ connect });
      try {
        yield* bodyOf(undici.request, unbounded, target, path, query ?? {});
      } finally {
        await unbounded.destroy();
      }
    },
    close: () => agent.destroy(),
  };
}

/** Runs `work` with an open client and closes it whatever happens. */
export async function withApi<Result>(target: Target, work: (api: Api) => Promise<Result>): Promise<Result> {
  const api = await openApi(target);
  try {
    return await work(api);
  } finally {
    await api.close();
  }
}

async function exchange(
  request: typeof import('undici').request,
  agent: Agent,
  target: Target,
  method: Method,
  path: string,
  call: Call,
): Promise<Answer> {
  const url = urlOf(target, path, call.query ?? {});
  const timeoutMs = call.timeoutMs ?? target.timeoutMs;
  try {
    const response = await request(url, {
      method,
      dispatcher: agent,
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(call.signal ? [call.signal] : [])]),
      headersTimeout: 0,
      bodyTimeout: 0,
      headers: {
        accept: 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...identityOf(target),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: parseBody(text, target) };
  } catch (error) {
    if (call.signal?.aborted === true) throw stopped(target, error);
    throw unreachable(error, target, timeoutMs);
  }
}

async function* bodyOf(
  request: typeof import('undici').request,
  dispatcher: Agent,
  target: Target,
  path: string,
  query: Query,
): AsyncGenerator<Uint8Array> {
  const { timeoutMs: headersTimeout } = target;
  let isGood = false;
  try {
    const response = await request(urlOf(target, path, query), {
      ...{ dispatcher, headersTimeout, bodyTimeout: STALL_MS, headers: identityOf(target) },
    });
    isGood = response.statusCode === 200;
    if (isGood) return yield* response.body;
    const text = await response.body.text();
    throw problemFault({ status: response.statusCode, body: parseBody(text, target) }, `GET ${path}`, target);
  } catch (error) {
    if (error instanceof Fault) throw error;
    if (!isGood) throw unreachable(error, target, headersTimeout);
    const what = `the answer broke off (${causeText(error)})`;
    const remedy = 'look at the log of the service, and run the same command again';
    throw fault(NO_ANSWER, 'unreachable', { what, where: place(target), remedy }, error);
  }
}

function urlOf(target: Target, path: string, query: Query): URL {
  const url = new URL(path.replace(/^\//, ''), target.url);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

function identityOf({ token }: Target): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

class NotJson extends Error {}

function parseBody(text: string, target: Target): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new NotJson(`what answers at ${place(target)} does not speak JSON`);
  }
}

/** Address of a target for people. */
export function place(target: Target): string {
  return target.socket === null ? target.url.origin : `unix socket ${target.socket}`;
}

/** Code of a fault that came after the request may have been sent: its effect is not known. */
export const NO_ANSWER = 'no-answer';
/** Code of a fault for an answer that is no JSON: a proxy, or something else altogether. */
export const NOT_A_SERVICE = 'not-a-service';

/** Code of a fault of a call that this process ended. */
export const STOPPED = 'stopped';

function stopped(target: Target, error: unknown): Fault {
  const what = 'the request was ended before its answer';
  const remedy = 'look at `watchbill status`, and run the same command again';
  return fault(STOPPED, 'fault', { what, where: place(target), remedy }, error);
}

function unreachable(error: unknown, target: Target, timeoutMs: number): Error {
  const where = place(target);
  const { name, code } = error as { name?: string; code?: string };
  if (error instanceof NotJson) {
    const remedy = 'check the address: this is not a watchbill service';
    return fault(NOT_A_SERVICE, 'unreachable', { what: error.message, where, remedy });
  }
  if (name === 'TimeoutError' || code === 'UND_ERR_HEADERS_TIMEOUT') {
    const what = `no answer within ${timeoutMs} ms`;
    const remedy = 'look at the log of the service; a longer --timeout-ms may help';
    return fault(NO_ANSWER, 'unreachable', { what, where, remedy }, error);
  }
  const sent = wasNotSent(error) ? 'unreachable' : NO_ANSWER;
  return fault(
    sent,
    'unreachable',
    { what: causeText(error), where, remedy: remedyOf(error, target) },
    error,
  );
}

function remedyOf(error: unknown, { url, socket }: Target): string {
  const { code } = error as { code?: string };
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return 'start it with `watchbill serve`, or name the address with --url or --socket';
  // A port with TLS closes a connection that speaks plain HTTP, without a word.
  if (code === 'UND_ERR_SOCKET' && socket === null && url.protocol === 'http:')
    return 'if the service uses TLS, write https:// in the address; otherwise read the log of the service';
  return (
    systemFault(error)?.problems[0]?.remedy ?? 'check the address, the network and the log of the service'
  );
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
