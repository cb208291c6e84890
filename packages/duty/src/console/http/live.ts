import { type EventClients, eventClients, type PagesHost } from '../../service/index.ts';

const TICK_MS = 1_000;
/** Reports of nodes, the store and the clock change without a decision. */
const ANYWAY_TICKS = 5;
const CHECK_TICKS = 15;

/**
 * The stream that reports changes to open pages: at most one event a second for all readers, and a timer only
 * while there is a reader.
 */
export function liveStream({ permit, maxStreams, streamBufferBytes }: PagesHost): EventClients {
  const readers: EventClients = eventClients({
    most: maxStreams,
    bufferBytes: streamBufferBytes,
    begin: () => {
      let [ticks, isChanged] = [0, false];
      const tick = (): void => {
        ticks += 1;
        if (ticks % CHECK_TICKS === 0) readers.check();
        if (!isChanged && ticks % ANYWAY_TICKS !== 0) return;
        isChanged = false;
        readers.send('event: changed\ndata: {}\n\n');
      };
      const timer = setInterval(tick, TICK_MS).unref();
      const unsubscribe = permit.subscribe(() => {
        isChanged = true;
      });
      return () => {
        clearInterval(timer);
        unsubscribe();
      };
    },
  });
  return readers;
}
