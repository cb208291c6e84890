import { causeText, Fault, fault, jsonOrNull } from '@watchbill/kit';
import { CallFault, openCaller } from '@watchbill/kit/call';
import type { Io } from '@watchbill/kit/command/io';
import { refuseOther } from './other.ts';
import { problemFault } from './problem.ts';
import { type ClientOptions, place, resolveTarget, type Target } from './target.ts';
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
const SILENT = 'accepts the connection and does not answer';
/** A service that sends no byte of a long answer for this long is given up. */
const STALL_MS = 60_000;

/** A client of the service. The first call connects. Throws a fault for an unfit PEM file. */
export async function openApi(target: Target): Promise<Api> {
  const { socket, token } = target;
  const caller = openCaller({ socket, token, tls: tlsOf(target), kept: true });
  const onSilence = onceSilent(target);
  const askedOf = ({ body, signal, timeoutMs }: Call) => {
    const limits = { deadlineMs: timeoutMs ?? target.timeoutMs, mostBytes: MAX_RESPONSE_BYTES, signal };
    // A call with its own time limit waits for something that may take so long.
    const asked = timeoutMs === undefined ? { ...limits, onSilence } : limits;
    return body === undefined ? asked : { ...asked, body: JSON.stringify(body) };
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
    const answer = await ask(method, path, call).catch((error: unknown) => {
      if (error instanceof Fault && error.code === NOT_A_SERVICE)
        refuseOther(target, null, 'answers without JSON');
      throw error;
    });
    if (answer.status >= 200 && answer.status <= 299) return answer.body as Body;
    refuseOther(target, null);
    throw problemFault(answer, `${method} ${path}`, target);
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

/** Says once what is known of a silent service. Throws a fault if it is another program. */
function onceSilent(target: Target) {
  let isTold = false;
  return (isAccepted: boolean): void => {
    if (isTold) return;
    isTold = true;
    if (isAccepted) refuseOther(target, null, SILENT);
    const known = isAccepted ? `a program ${SILENT}` : 'no program has accepted the connection yet';
    target.tell(`${place(target)}: ${known}; waiting for up to ${target.timeoutMs / 1_000} s\n`);
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
    return [
      `a program ${SILENT} within ${timeoutMs} ms`,
      `${log}; if it does not run, another program has its port. Then run the same command again, perhaps with a longer --timeout-ms`,
    ];
  if (code === 'broken') return [`the answer broke off (${why})`, `${log}, and run the same command again`];
  if (reason === 'ECONNREFUSED' || reason === 'ENOENT')
    return [why, 'start it with `watchbill serve`, or name the address with --url or --socket'];
  return [why, remedy];
}
