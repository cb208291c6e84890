import type { IncomingMessage } from 'node:http';
import { causeText, Fault, fault, systemFault, wasNotSent } from '@watchbill/kit';
import { type Connections, openConnections } from './connections.ts';
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
   * The body of a good answer as it arrives, of any length. Throws the faults of {@link get}, one with
   * exit status 5 if the answer breaks off or pauses for `STALL_MS`, and one with the code
   * {@link STOPPED} if the signal ends it.
   */
  stream(path: string, call?: Pick<Call, 'query' | 'signal'>): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export type Query = Readonly<Record<string, string | undefined>>;
export interface Call {
  readonly body?: unknown;
  readonly query?: Query | undefined;
  readonly timeoutMs?: number | undefined;
  /** Ends the call before its answer, which then throws a fault with the code {@link STOPPED}. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
/** A service that sends no byte of a long answer for this long is given up. */
const STALL_MS = 60_000;

/** A client of the service. The first call connects. */
export async function openApi(target: Target): Promise<Api> {
  const connections = await openConnections(target);
  const ask = (method: Method, path: string, call: Call = {}) =>
    exchange(connections, target, method, path, call);
  const good = async <Body>(method: Method, path: string, call: Call): Promise<Body> => {
    const answer = await ask(method, path, call);
    if (answer.status < 200 || answer.status > 299) throw problemFault(answer, `${method} ${path}`, target);
    return answer.body as Body;
  };
  return {
    ask,
    get: (path, query) => good('GET', path, { query }),
    send: (method, path, body) => good(method, path, { body }),
    stream: (path, call) => bodyOf(connections, target, path, call ?? {}),
    close: async () => connections.close(),
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
  connections: Connections,
  target: Target,
  method: Method,
  path: string,
  call: Call,
): Promise<Answer> {
  const url = urlOf(target, path, call.query ?? {});
  const late = AbortSignal.timeout(call.timeoutMs ?? target.timeoutMs);
  const hasBody = call.body !== undefined;
  try {
    const response = await connections.request(url, {
      method,
      signal: AbortSignal.any([late, ...(call.signal ? [call.signal] : [])]),
      headers: {
        accept: 'application/json',
        ...(hasBody ? { 'content-type': 'application/json' } : {}),
        ...identityOf(target),
      },
      ...(hasBody ? { body: JSON.stringify(call.body) } : {}),
    });
    const text = await wholeText(response);
    return { status: response.statusCode ?? 0, body: parseBody(text, target) };
  } catch (error) {
    if (call.signal?.aborted === true) throw stopped(target, error);
    if (late.aborted) throw tooLate(target, call.timeoutMs ?? target.timeoutMs, error);
    throw unreachable(error, target);
  }
}

async function wholeText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_RESPONSE_BYTES) throw new Error(`the answer is longer than ${MAX_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function* bodyOf(
  connections: Connections,
  target: Target,
  path: string,
  { query, signal }: Pick<Call, 'query' | 'signal'>,
): AsyncGenerator<Uint8Array> {
  const ended = new AbortController();
  const late = setTimeout(() => ended.abort(), target.timeoutMs);
  let isGood = false;
  try {
    const sent = {
      method: 'GET',
      headers: identityOf(target),
      signal: AbortSignal.any([ended.signal, ...(signal ? [signal] : [])]),
    };
    const response = await connections.request(urlOf(target, path, query ?? {}), sent);
    clearTimeout(late);
    isGood = response.statusCode === 200;
    if (isGood) return yield* chunksOf(response);
    const answer = { status: response.statusCode ?? 0, body: parseBody(await wholeText(response), target) };
    throw problemFault(answer, `GET ${path}`, target);
  } catch (error) {
    if (error instanceof Fault) throw error;
    if (signal?.aborted === true) throw stopped(target, error);
    if (ended.signal.aborted) throw tooLate(target, target.timeoutMs, error);
    if (!isGood) throw unreachable(error, target);
    const what = `the answer broke off (${causeText(error)})`;
    const remedy = 'look at the log of the service, and run the same command again';
    throw fault(NO_ANSWER, 'unreachable', { what, where: place(target), remedy }, error);
  } finally {
    clearTimeout(late);
    ended.abort();
  }
}

/** Only the wait for the service counts, not that of a reader who takes the chunks. */
async function* chunksOf(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const stalled = () => response.destroy(Object.assign(new Error('no byte came'), { code: 'ETIMEDOUT' }));
  for (;;) {
    const timer = setTimeout(stalled, STALL_MS);
    const next = await chunks.next().finally(() => clearTimeout(timer));
    if (next.done === true) return;
    yield next.value;
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
    throw new NotJson(`the server at ${place(target)} did not answer with JSON`);
  }
}

/** Address of a target for people. */
export function place(target: Target): string {
  return target.socket === null ? target.url.origin : `unix socket ${target.socket}`;
}

/** Code of a fault that came after the request may have been sent: its effect is not known. */
export const NO_ANSWER = 'no-answer';
/** Code of a fault for an answer that is not JSON: a proxy, or something else altogether. */
export const NOT_A_SERVICE = 'not-a-service';

/** Code of a fault of a call that this process ended. */
export const STOPPED = 'stopped';

function stopped(target: Target, error: unknown): Fault {
  const what = 'the request was ended before its answer';
  const remedy = 'look at `watchbill status`, and run the same command again';
  return fault(STOPPED, 'fault', { what, where: place(target), remedy }, error);
}

function tooLate(target: Target, timeoutMs: number, error: unknown): Fault {
  const what = `no answer within ${timeoutMs} ms`;
  const remedy = 'look at the log of the service; a longer --timeout-ms may help';
  return fault(NO_ANSWER, 'unreachable', { what, where: place(target), remedy }, error);
}

function unreachable(error: unknown, target: Target): Error {
  const where = place(target);
  if (error instanceof NotJson) {
    const remedy = 'check the address: this is not a watchbill service';
    return fault(NOT_A_SERVICE, 'unreachable', { what: error.message, where, remedy });
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
  // A port with TLS closes a connection that uses plain HTTP, without an answer.
  if (code === 'ECONNRESET' && socket === null && url.protocol === 'http:')
    return 'if the service uses TLS, write https:// in the address; otherwise read the log of the service';
  return (
    systemFault(error)?.problems[0]?.remedy ?? 'check the address, the network and the log of the service'
  );
}
