import type { ServerResponse } from 'node:http';
import { oldestOfMost } from '@watchbill/kit';
import type { PagesHost } from '../../service/index.ts';

export type LiveStream = ReturnType<typeof liveStream>;

interface Reader {
  readonly name: string;
  readonly mayStay: () => Promise<boolean>;
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-accel-buffering': 'no',
};
const TICK_MS = 1_000;
/** Reports of nodes, the store and the clock change without a decision. */
const ANYWAY_TICKS = 5;
const CHECK_TICKS = 15;
const CHANGED = 'event: changed\ndata: {}\n\n';

/**
 * The stream that reports changes to open pages: at most one event a second for all readers, and a timer only
 * while there is a reader.
 */
export function liveStream({ permit, maxStreams, streamBufferBytes }: PagesHost) {
  const readers = new Map<ServerResponse, Reader>();
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe = (): void => undefined;
  let isChanged = false;
  let ticks = 0;
  const remove = (response: ServerResponse): void => {
    if (!readers.delete(response) || readers.size > 0) return;
    clearInterval(timer);
    unsubscribe();
  };
  const check = ([response, { mayStay }]: [ServerResponse, Reader]): void => {
    mayStay()
      .catch(() => false)
      .then((stays) => (stays ? undefined : response.end()));
  };
  const tick = (): void => {
    ticks += 1;
    if (ticks % CHECK_TICKS === 0) for (const reader of readers) check(reader);
    if (!isChanged && ticks % ANYWAY_TICKS !== 0) return;
    isChanged = false;
    for (const response of readers.keys()) {
      if (response.writableLength > streamBufferBytes) response.destroy();
      else response.write(CHANGED);
    }
  };
  const begin = (): void => {
    timer = setInterval(tick, TICK_MS).unref();
    unsubscribe = permit.subscribe(() => {
      isChanged = true;
    });
  };
  return {
    /**
     * False if there are too many and none of another reader ends for it. `mayStay` is asked now and then; a
     * reader whose token was revoked leaves.
     */
    add: (response: ServerResponse, name: string, mayStay: () => Promise<boolean>): boolean => {
      if (readers.size >= maxStreams) {
        const [longest] = oldestOfMost(readers, ([, reader]) => reader.name, name) ?? [];
        if (longest === undefined) return false;
        remove(longest);
        longest.end();
      }
      if (readers.size === 0) begin();
      readers.set(response, { name, mayStay });
      response.once('close', () => remove(response));
      response.on('error', () => remove(response));
      response.writeHead(200, STREAM_HEADERS);
      response.write('retry: 2000\n\n');
      return true;
    },
    close: (): void => {
      for (const response of [...readers.keys()]) {
        remove(response);
        response.end();
      }
    },
  };
}
