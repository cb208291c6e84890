import type { Severity } from '../storage/port.ts';

/** A message. Its text may come from untrusted sources, so every channel escapes it. */
export interface Message {
  readonly key: string;
  readonly severity: Severity;
  readonly text: string;
  /** Whether the condition has ended. */
  readonly isOver: boolean;
  /**
   * The same for the same message, so that a channel that can detect duplicates shows a repeated message
   * once.
   */
  readonly id: string;
}

/** A way to reach people. */
export interface Channel {
  readonly name: string;
  /** Lower severities are not sent to it. */
  readonly least: Severity;
  /** Messages within a minute; further ones wait. */
  readonly perMinute: number;
  /** Rejects if the message was not accepted, with a text that has no address and no token. */
  readonly send: (message: Message, signal: AbortSignal) => Promise<void>;
}

/** The request of a channel, for `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 10_000;
/** More than any service needs. */
const LONGEST_TEXT = 3_000;

/** `[warning] text`, or `[over] text`, without control characters. */
export function plainText({ severity, text, isOver }: Message): string {
  return `[${isOver ? 'over' : severity}] ${shortened(text)}`;
}

/** Removes characters that reorder or hide text, and shortens the rest. */
function shortened(text: string): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}]/gu, ' ');
  return shown.length <= LONGEST_TEXT ? shown : `${shown.slice(0, LONGEST_TEXT)}…`;
}

/** Escapes for HTML and for the markup of Slack. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Sends JSON. The fault names only the channel, because addresses of webhooks are secrets. */
export async function sendJson(
  fetch: Fetch,
  channel: string,
  request: {
    readonly method: 'POST' | 'PUT';
    readonly url: string;
    readonly token?: string;
    readonly body: unknown;
  },
  signal: AbortSignal,
): Promise<void> {
  const { method, url, token, body } = request;
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const answer = await fetch(url, {
    method,
    headers,
    body: JSON.stringify(body),
    signal: limited,
    redirect: 'error',
  }).catch((error: unknown) => {
    const timedOut = (error as { readonly name?: string }).name === 'TimeoutError';
    throw new Error(`${channel} ${timedOut ? 'did not answer in time' : 'cannot be reached'}`);
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`${channel} answered ${answer.status}`);
}
