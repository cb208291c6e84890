import type { ServerResponse } from 'node:http';
import { oldestOfMost } from '@watchbill/kit';

/** A client of a stream of server-sent events. */
export interface EventClient {
  /** Its role and name; all clients of one name share the places. */
  readonly name: string;
  readonly response: ServerResponse;
  /** A token may be revoked, or a certificate expire, after the stream began. */
  readonly mayStay: () => boolean | Promise<boolean>;
}

export type EventClients = ReturnType<typeof eventClients>;

interface Stream {
  /** Clients at once. */
  readonly most: number;
  /** A client with more unread is dropped, so that it does not slow the others down. */
  readonly bufferBytes: number;
  /** Called for the first client; what it returns is called after the last one. */
  readonly begin: () => () => void;
  readonly counted?: (clients: number) => void;
  readonly dropped?: (client: EventClient) => void;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-accel-buffering': 'no',
};

/** The clients of one stream. */
export function eventClients({ most, bufferBytes, begin, counted, dropped }: Stream) {
  const clients = new Set<EventClient>();
  let finish = (): void => undefined;
  const remove = (client: EventClient): void => {
    if (!clients.delete(client)) return;
    counted?.(clients.size);
    if (clients.size === 0) finish();
  };
  const end = (client: EventClient): void => {
    if (!clients.has(client)) return;
    remove(client);
    client.response.end();
  };
  return {
    /**
     * False if there is no room. If there are too many, the oldest one of the name with the most ends for it.
     */
    add: (client: EventClient): boolean => {
      if (clients.size >= most) {
        const longest = oldestOfMost(clients, ({ name }) => name, client.name);
        if (longest === null) return false;
        end(longest);
      }
      const { response } = client;
      response.once('close', () => remove(client));
      // A connection may break between two writes; that is no fault of the service.
      response.on('error', () => remove(client));
      response.writeHead(200, HEADERS);
      response.write('retry: 2000\n\n');
      clients.add(client);
      counted?.(clients.size);
      if (clients.size === 1) finish = begin();
      return true;
    },
    /** Sends to all, or to one if it is still a client. */
    send: (text: string, only?: EventClient): void => {
      for (const client of only === undefined ? clients : [only]) {
        if (!clients.has(client)) continue;
        client.response.write(text);
        if (client.response.writableLength <= bufferBytes) continue;
        dropped?.(client);
        remove(client);
        client.response.destroy();
      }
    },
    /** Ends those that may not stay. */
    check: (): void => {
      for (const client of clients)
        Promise.resolve()
          .then(client.mayStay)
          .catch(() => false)
          .then((stays) => (stays ? undefined : end(client)));
    },
    close: (): void => {
      for (const client of clients) end(client);
    },
  };
}
