import { sendProblem } from '@watchbill/kit/http';
import type { DecisionRecord } from '../../contract.ts';
import type { HttpContext } from '../context.ts';
import { authorize } from '../identity.ts';
import { problemOf } from '../problem.ts';
import type { Handlers } from './service.ts';
import type { Access } from './specs.ts';
import { type StreamClients, streamClients } from './stream-clients.ts';

/** The most missed decisions that a returning client gets. */
const MAX_REPLAY = 1_000;

/** `GET /v1/decisions/stream`: one subscription and one text per decision, however many clients follow. */
export interface DecisionStream {
  readonly handler: Handlers['stream'];
  /** End every stream; clients come back to another service. */
  close(): void;
}

export function decisionStream(context: HttpContext, access: Access): DecisionStream {
  const { limits, metrics } = context;
  const clients: StreamClients = followed(context, access);
  return {
    handler: async ({ request, reply }) => {
      if (!clients.hasRoom(request)) {
        metrics.rejected('too-many-streams');
        reply.header('retry-after', '5');
        return sendProblem(reply, problemOf('too-many-streams', `${limits.maxStreams} clients follow it`));
      }
      reply.hijack();
      const client = { request, response: reply.raw };
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-accel-buffering': 'no',
      });
      reply.raw.write('retry: 2000\n\n');
      // Subscribed first and replayed in the same turn, so that no decision is lost in between.
      clients.add(client);
      for (const missed of missedSince(context, request.headers['last-event-id'])) {
        if (clients.has(client)) clients.send(client, eventOf(missed));
      }
      return reply;
    },
    close: () => {
      for (const client of clients.all()) clients.end(client);
    },
  };
}

/** Clients that get decisions, and heartbeats that keep their connections open. */
function followed(context: HttpContext, access: Access): StreamClients {
  const { permit, limits } = context;
  let stop = (): void => undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  const beat = (): void => {
    for (const client of clients.all()) {
      // A token may have been revoked, or a certificate expired, since the stream began.
      if (authorize(permit, client.request.raw, access).ok) clients.send(client, ': still here\n\n');
      else clients.end(client);
    }
  };
  const clients: StreamClients = streamClients(
    context,
    () => {
      heartbeat = setInterval(beat, limits.heartbeatMs).unref();
      stop = permit.subscribe((decision) => {
        const text = eventOf(decision);
        for (const client of clients.all()) clients.send(client, text);
      });
    },
    () => {
      clearInterval(heartbeat);
      stop();
    },
  );
  return clients;
}

function eventOf(decision: DecisionRecord): string {
  return `id: ${decision.id}\nevent: decision\ndata: ${JSON.stringify(decision)}\n\n`;
}

function missedSince(context: HttpContext, lastId: string | string[] | undefined): readonly DecisionRecord[] {
  if (typeof lastId !== 'string' || !/^[0-9]{1,15}$/.test(lastId)) return [];
  const after = Number(lastId);
  const { decisions } = context.permit.decisions({ limit: MAX_REPLAY });
  return decisions.filter((decision) => decision.id > after).reverse();
}
