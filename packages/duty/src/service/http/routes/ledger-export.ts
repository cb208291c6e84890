import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '@watchbill/kit';
import { sendProblem } from '@watchbill/kit/http';
import type { HttpContext } from '../context.ts';
import { problemOf } from '../problem.ts';
import type { Handlers } from './service.ts';

/** Text that is gathered before it is written. Claims are answered between two writes. */
const CHUNK_CHARACTERS = 64 * 1024;

/** `GET /v1/ledger/export`: the lines of an export, written only as fast as the client reads. */
export interface LedgerExports {
  readonly handler: Handlers['exportLedger'];
  /** Cut every export: its client sees a broken answer without a last line. */
  close(): void;
}

export function ledgerExports(context: HttpContext): LedgerExports {
  const { permit, limits, metrics, log } = context;
  const running = new Set<AbortController>();
  return {
    handler: async ({ query, caller: { name }, reply }) => {
      if (running.size >= limits.maxExports) {
        metrics.rejected('too-many-exports');
        reply.header('retry-after', '30');
        return sendProblem(reply, problemOf('too-many-exports', `${running.size} is under way`));
      }
      const cut = new AbortController();
      running.add(cut);
      const lines = permit.exportLedger({ marks: query.marks === 'true' })[Symbol.asyncIterator]();
      try {
        // Before the header: a ledger that cannot be read is answered with a problem document.
        const first = await lines.next();
        reply.hijack();
        reply.raw.once('close', () => cut.abort(new Error('the connection was closed')));
        reply.raw.writeHead(200, {
          'content-type': 'application/x-ndjson; charset=utf-8',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        });
        const signal = AbortSignal.any([cut.signal, AbortSignal.timeout(limits.exportTimeoutMs)]);
        const count = await writeLines(reply.raw, first, lines, { signal, stallMs: limits.exportStallMs });
        reply.raw.end();
        log.info({ event: 'ledger-exported', name, lines: count }, 'an operator exported the ledger');
        await permit.noteExport(name, count);
      } catch (error) {
        if (!reply.sent) throw error;
        const why = messageOf(error);
        log.warn({ event: 'ledger-export-cut', name, why }, 'an export of the ledger was cut');
        reply.raw.destroy();
      } finally {
        running.delete(cut);
        // Ends the reader if the client went away in the middle.
        await lines.return?.();
      }
      return reply;
    },
    close: () => {
      for (const cut of running) cut.abort(new Error('the service is stopping'));
    },
  };
}

/** Returns the number of lines. Rejects if the signal is aborted or the client reads nothing in time. */
async function writeLines(
  response: ServerResponse,
  first: IteratorResult<string>,
  lines: AsyncIterator<string>,
  { signal, stallMs }: { readonly signal: AbortSignal; readonly stallMs: number },
): Promise<number> {
  let [text, count] = ['', 0];
  const flush = async (): Promise<void> => {
    signal.throwIfAborted();
    const isTaken = response.write(text);
    text = '';
    if (!isTaken) await drained(response, signal, stallMs);
    // Also after a drain: the kernel may take all at once, and then it comes before any other socket is read.
    await setImmediate();
  };
  for (let next = first; next.done !== true; next = await lines.next()) {
    text += next.value;
    count += 1;
    if (text.length >= CHUNK_CHARACTERS) await flush();
  }
  await flush();
  return count;
}

async function drained(response: ServerResponse, signal: AbortSignal, stallMs: number): Promise<void> {
  const stalled = AbortSignal.timeout(stallMs);
  try {
    await once(response, 'drain', { signal: AbortSignal.any([signal, stalled]) });
  } catch (error) {
    signal.throwIfAborted();
    if (stalled.aborted) throw new Error(`the client read nothing for ${stallMs} ms`);
    throw error;
  }
}
