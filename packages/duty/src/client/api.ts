import { causeText, fault, jsonOrNull } from '@watchbill/kit';
import { CallFault, openCaller } from '@watchbill/kit/call';
import type { Io } from '@watchbill/kit/command/io';
import { problemFault } from './problem.ts';
import { type ClientOptions, resolveTarget, type Target } from './target.ts';
import { tlsOf } from './tls.ts';

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

/** A client of the service. The first call connects. Throws a fault for an unfit PEM file. */
export async function openApi(target: Target): Promise<Api> {
  const { socket, token } = target;
  const caller = openCaller({ socket, token, tls: tlsOf(target), kept: true });
  const askedOf = ({ body, signal, timeoutMs = target.timeoutMs }: Call) => {
    const limits = { deadlineMs: timeoutMs, mostBytes: MAX_RESPONSE_BYTES, signal };
    return body === undefined ? limits : { ...limits, body: JSON.stringify(body) };
  };
  const ask = async (method: Method, path: string, call: Call = {}): Promise<Answer> => {
    try {
      const url = urlOf(target, path, call.query ?? {});
      const { status, text } = await caller.ask(url, { method, ...askedOf(call) });
      return { status, body: parseBody(text, target) };
    } catch (error) {
      throw faultOf(error, target, call);
    }
  };
  const good = async <Body>(method: Method, path: string, call: Call): Promise<Body> => {
    const answer = await ask(method, path, call);
    if (answer.status < 200 || answer.status > 299) throw problemFault(answer, `${method} ${path}`, target);
    return answer.body as Body;
  };
  return {
    ask,
    get: (path, query) => good('GET', path, { query }),
    send: (method, path, body) => good(method, path, { body }),
    stream: async function* (path, call = {}) {
      try {
        const url = urlOf(target, path, call.query ?? {});
        yield* caller.stream(url, { ...askedOf(call), stallMs: STALL_MS });
      } catch (error) {
        const { answer } = error instanceof CallFault ? error : { answer: null };
        if (answer === null) throw faultOf(error, target, call);
        const { status, text } = answer;
        throw problemFault({ status, body: parseBody(text, target) }, `GET ${path}`, target);
      }
    },
    close: async () => caller.close(),
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

/** The same with the service that the flags of a command name. */
export function askService<Result>(io: Io, options: ClientOptions, work: (api: Api) => Promise<Result>) {
  return withApi(resolveTarget(io, options), work);
}

function urlOf(target: Target, path: string, query: Query): URL {
  const url = new URL(path.replace(/^\//, ''), target.url);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

function parseBody(text: string, target: Target): unknown {
  const body = jsonOrNull(text);
  if (body !== null || text === '' || text.trim() === 'null') return body;
  const what = `the server at ${place(target)} did not answer with JSON`;
  const remedy = 'check the address: this is not a watchbill service';
  throw fault(NOT_A_SERVICE, 'unreachable', { what, where: place(target), remedy });
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

/** The fault for people: a remedy names commands and options. */
function faultOf(error: unknown, target: Target, { timeoutMs = target.timeoutMs }: Call): unknown {
  if (!(error instanceof CallFault)) return error;
  const [what, remedy] = wordsOf(error, timeoutMs);
  if (error.code === 'stopped') return fault(STOPPED, 'fault', { what, where: place(target), remedy }, error);
  const code = error.sent ? NO_ANSWER : 'unreachable';
  return fault(code, 'unreachable', { what, where: place(target), remedy }, error);
}

function wordsOf({ code, cause, message, remedy }: CallFault, timeoutMs: number): [string, string] {
  const { code: reason } = (cause ?? {}) as { code?: string };
  const why = cause === undefined ? message : causeText(cause);
  const log = 'look at the log of the service';
  if (code === 'stopped')
    return [
      'the request was ended before its answer',
      'look at `watchbill status`, and run the same command again',
    ];
  if (code === 'timeout')
    return [`no answer within ${timeoutMs} ms`, `${log}; a longer --timeout-ms may help`];
  if (code === 'broken') return [`the answer broke off (${why})`, `${log}, and run the same command again`];
  if (code === 'answer-too-large') return [`the answer is longer than ${MAX_RESPONSE_BYTES} bytes`, remedy];
  if (reason === 'ECONNREFUSED' || reason === 'ENOENT')
    return [why, 'start it with `watchbill serve`, or name the address with --url or --socket'];
  return [why, remedy];
}
