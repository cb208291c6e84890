import type { IncomingMessage } from 'node:http';
import { OVER, systemClock } from '../time/clock.ts';
import { CallFault, connectionFault } from './call-fault.ts';
import type { Answer, Asked, CallerSettings } from './caller.ts';

/** A person who waits for the head of an answer hears something after this time. */
const SILENT_MS = 3_000;
const OTHER_ADDRESS = 'Check that the address is the right one.';
const NO_CONNECTION = Object.assign(new Error(), { code: 'UND_ERR_CONNECT_TIMEOUT' });

export type Exchange = ReturnType<typeof openExchange>;

/** One exchange, from its deadline to its end. Throws a {@link CallFault} for a wrong address. */
export function openExchange(address: string | URL, asked: Asked, settings: CallerSettings) {
  const url = urlOf(address);
  const isSocket = typeof settings.socket === 'string';
  const where = isSocket ? `unix socket ${settings.socket}` : url.origin;
  const late = new AbortController();
  const done = new AbortController();
  let isConnected = false;
  let head: IncomingMessage | null = null;
  const after = (ms: number, act: () => void) =>
    (settings.clock ?? systemClock()).sleep(ms, done.signal).then(() => {
      if (!done.signal.aborted) act();
    });
  void after(asked.deadlineMs, () => late.abort(OVER));
  if (asked.onSilence !== undefined)
    void after(SILENT_MS, () => {
      if (head === null) asked.onSilence?.(isConnected);
    }).catch((error: unknown) => late.abort(error));
  const taken = (response: IncomingMessage): IncomingMessage => {
    head = response;
    // None was asked for, and a small body may unpack to a huge one.
    if ((response.headers['content-encoding'] ?? 'identity') === 'identity') return response;
    const what = `${where} answered in an encoding that was not asked for`;
    throw new CallFault('answer-invalid', what, OTHER_ADDRESS, { where });
  };
  return {
    url,
    where,
    connected: (): void => {
      isConnected = true;
    },
    signal: AbortSignal.any([late.signal, ...(asked.signal === undefined ? [] : [asked.signal])]),
    whole: async (response: IncomingMessage): Promise<Answer> => {
      const { statusCode: status = 0, headers } = taken(response);
      return { status, headers, text: await textOf(response, asked.mostBytes, where) };
    },
    /** Its deadline was for the head. */
    chunks: (response: IncomingMessage, stallMs?: number): AsyncIterable<Buffer> => {
      done.abort(OVER);
      return chunksOf(taken(response), stallMs);
    },
    fault: (cause: unknown): unknown => {
      if (cause instanceof CallFault) return cause;
      if (late.signal.aborted && late.signal.reason !== OVER) return late.signal.reason;
      const fail = (code: 'stopped' | 'timeout', what: string, remedy: string) =>
        new CallFault(code, `${where} ${what}`, remedy, { where, cause });
      if (asked.signal?.aborted === true)
        return fail('stopped', 'was given up before its answer', 'Repeat it.');
      if (late.signal.aborted && !isConnected) return connectionFault(NO_CONNECTION, where, false, false);
      if (late.signal.aborted)
        return fail('timeout', `did not answer within ${asked.deadlineMs} ms`, 'Check that it is up.');
      return connectionFault(cause, where, head !== null, !isSocket && url.protocol === 'http:');
    },
    end: (): void => {
      done.abort(OVER);
      if (head?.complete === false) head.destroy();
    },
  };
}

function urlOf(address: string | URL): URL {
  const url = URL.parse(String(address));
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  const remedy = 'Write it like https://watchbill.example:7443.';
  throw new CallFault('address-invalid', 'the address is not an http or https URL', remedy);
}

async function textOf(response: IncomingMessage, mostBytes: number, where: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) {
      const what = `${where} answered with more than ${mostBytes} bytes`;
      throw new CallFault('answer-too-large', what, OTHER_ADDRESS, { where });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Only the wait for the other side counts, not that of a reader who takes the chunks. */
async function* chunksOf(response: IncomingMessage, stallMs?: number): AsyncGenerator<Buffer> {
  const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const stalled = () => response.destroy(Object.assign(new Error('no byte came'), { code: 'ETIMEDOUT' }));
  for (;;) {
    const timer = stallMs === undefined ? undefined : setTimeout(stalled, stallMs);
    const next = await chunks.next().finally(() => clearTimeout(timer));
    if (next.done === true) return;
    yield next.value;
  }
}
