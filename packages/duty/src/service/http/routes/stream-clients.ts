import type { ServerResponse } from 'node:http';
import { oldestOfMost } from '@watchbill/kit';
import type { FastifyRequest } from 'fastify';
import type { HttpContext } from '../context.ts';

export interface StreamClient {
  readonly request: FastifyRequest;
  readonly response: ServerResponse;
}

/**
 * The clients of the stream. A client that leaves too much unread is dropped, so that it does not slow the
 * others down.
 */
export type StreamClients = ReturnType<typeof streamClients>;

/** `onFirst` is called with the first client, `onLast` after the last one. */
export function streamClients(context: HttpContext, onFirst: () => void, onLast: () => void) {
  const { limits, metrics, log } = context;
  const clients = new Set<StreamClient>();
  const remove = (client: StreamClient): void => {
    if (!clients.delete(client)) return;
    metrics.streams(clients.size);
    if (clients.size === 0) onLast();
  };
  const end = (client: StreamClient): void => {
    remove(client);
    client.response.end();
  };
  return {
    /**
     * Whether there is room for one more. If there are too many, the oldest one of the caller with the most
     * ends for it.
     */
    hasRoom: (request: FastifyRequest): boolean => {
      if (clients.size < limits.maxStreams) return true;
      const longest = oldestOfMost(clients, (client) => nameOf(client.request), nameOf(request));
      if (longest === null) return false;
      end(longest);
      return true;
    },
    has: (client: StreamClient): boolean => clients.has(client),
    all: (): readonly StreamClient[] => [...clients],
    add: (client: StreamClient): void => {
      clients.add(client);
      metrics.streams(clients.size);
      client.response.once('close', () => remove(client));
      // A connection may break between two writes; that is no fault of the service.
      client.response.on('error', () => remove(client));
      if (clients.size === 1) onFirst();
    },
    /** No further event is sent to it; its answer ends in good order. */
    end,
    send: (client: StreamClient, text: string): void => {
      client.response.write(text);
      if (client.response.writableLength <= limits.streamBufferBytes) return;
      metrics.streamDropped();
      const { caller } = client.request;
      log.warn({ event: 'stream-dropped', name: caller?.name }, 'a client of the stream was too slow');
      remove(client);
      client.response.destroy();
    },
  };
}

function nameOf({ caller }: FastifyRequest): string {
  return `${caller?.role} ${caller?.name}`;
}
