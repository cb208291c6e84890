import { type Clock, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import type { Pace } from '../../file/net/index.ts';
import { type Connection, ConnectionFault, type HttpAnswer, type HttpRequest, textOf } from './connection.ts';

/** The result of a request. `lost`: sent without an answer, so a write may have happened or not. */
export type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly body: JsonRecord }
  | { readonly kind: 'unreachable' | 'lost'; readonly detail: string };

export interface ClientSettings {
  readonly connection: Connection;
  readonly pace: Pace;
  readonly clock: Clock;
  /** For one attempt, from when it is its turn. Attempts are few, so all of them end too. */
  readonly timeoutMs: number;
}

/** Requests with deadlines, at a pace that the server agrees with. */
export interface Client {
  readonly server: string;
  /** Reads and dry runs: repeated if the answer was lost. */
  readonly ask: (request: HttpRequest, signal: AbortSignal) => Promise<Reply>;
  /** Writes: repeated only if the server reported that it did not take the request. */
  readonly tell: (request: HttpRequest, signal: AbortSignal) => Promise<Reply>;
}

/** The most times that the server may ask to wait; after that it counts as unreachable. */
const MOST_HOLDS = 12;
/** For repeatable requests: lost answers, or faults of the server. */
const MOST_REPEATS = 3;
const SHORTEST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const DEFAULT_RETRY_AFTER_MS = 1_000;
const GATEWAY = new Set([502, 503, 504]);

export function createClient(settings: ClientSettings): Client {
  async function attempt(request: HttpRequest, outer: AbortSignal): Promise<HttpAnswer | ConnectionFault> {
    const exchange = (): Promise<HttpAnswer> => {
      const signal = AbortSignal.any([outer, AbortSignal.timeout(settings.timeoutMs)]);
      return settings.connection.exchange(request, signal);
    };
    try {
      return await settings.pace.run(exchange, outer);
    } catch (error) {
      if (error instanceof ConnectionFault) return error;
      // The signal, before the request was sent.
      return new ConnectionFault(textOf(error), false, error);
    }
  }

  async function send(request: HttpRequest, repeats: number, signal: AbortSignal): Promise<Reply> {
    let holds = 0;
    let repeated = 0;
    for (;;) {
      const outcome = await attempt(request, signal);
      const holdMs = holdOf(outcome);
      if (holdMs !== null && holds < MOST_HOLDS && !signal.aborted) {
        holds += 1;
        settings.pace.holdBack(holdMs);
        continue;
      }
      const again = mayPass(outcome) && repeated < repeats && !signal.aborted;
      if (!again) return settle(outcome, settings);
      repeated += 1;
      await settings.clock.sleep(SHORTEST_WAIT_MS * 2 ** repeated, signal);
    }
  }

  return {
    server: settings.connection.server,
    ask: (request, signal) => send(request, MOST_REPEATS, signal),
    tell: (request, signal) => send(request, 0, signal),
  };
}

/** The time that the server asks to wait; null if it does not. */
function holdOf(outcome: HttpAnswer | ConnectionFault): number | null {
  if (outcome instanceof ConnectionFault) return null;
  // A 503 without a time may come from a proxy in between, which may have passed the request on.
  const busy = outcome.status === 429 || (outcome.status === 503 && outcome.retryAfter !== null);
  return busy ? retryAfterMs(outcome.retryAfter) : null;
}

/**
 * A lost answer may come the next time. A 500 does not: server-side apply answers it to a field that it does
 * not know.
 */
function mayPass(outcome: HttpAnswer | ConnectionFault): boolean {
  return outcome instanceof ConnectionFault || GATEWAY.has(outcome.status);
}

function settle(outcome: HttpAnswer | ConnectionFault, { pace, connection }: ClientSettings): Reply {
  if (outcome instanceof ConnectionFault)
    return {
      kind: outcome.sent ? 'lost' : 'unreachable',
      detail: `${connection.server}: ${outcome.message}`,
    };
  if (holdOf(outcome) !== null)
    return { kind: 'unreachable', detail: `${connection.server} stayed too busy (${outcome.status})` };
  if (GATEWAY.has(outcome.status))
    return { kind: 'lost', detail: `${connection.server} answered ${outcome.status}` };
  pace.wentWell();
  return { kind: 'answer', status: outcome.status, body: parsed(outcome.text) };
}

function parsed(text: string): JsonRecord {
  try {
    const value = JSON.parse(text) as Json;
    if (isRecord(value)) return value;
  } catch {
    // Proxies in between answer in their own format; then only the status counts.
  }
  return { message: text.slice(0, 200) };
}

/** Seconds or a date, bounded. */
export function retryAfterMs(text: string | null): number {
  if (text === null) return DEFAULT_RETRY_AFTER_MS;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  if (!Number.isFinite(seconds)) return DEFAULT_RETRY_AFTER_MS;
  return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, seconds * 1000));
}
