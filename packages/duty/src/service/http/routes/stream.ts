import { sendProblem } from '@watchbill/kit/http';
import type { DecisionRecord } from '../../contract.ts';
import type { HttpContext } from '../context.ts';
import { type EventClients, eventClients } from '../event-clients.ts';
import { authorize } from '../identity.ts';
import { problemOf } from '../problem.ts';
import type { Handlers } from './service.ts';
import type { Access } from './specs.ts';

/** The most missed decisions that a returning client gets. */
const MAX_REPLAY = 1_000;

/**
 * `GET /v1/decisions/stream`: one subscription and one text per decision, however many clients follow.
 * `close` ends every stream; clients come back to another service.
 */
export function decisionStream(context: HttpContext, access: Access) {
  const { permit, limits, metrics } = context;
  const clients: EventClients = followers(context);
  const handler: Handlers['stream'] = async ({ request, reply, caller }) => {
    const client = {
      name: `${caller.role} ${caller.name}`,
      response: reply.raw,
      mayStay: () => authorize(permit, request.raw, access).ok,
    };
    // Subscribed first and replayed in the same turn, so that no decision is lost in between.
    if (!clients.add(client)) {
      metrics.rejected('too-many-streams');
      reply.header('retry-after', '5');
      return sendProblem(reply, problemOf('too-many-streams', `${limits.maxStreams} clients follow it`));
    }
    reply.hijack();
    for (const missed of missedSince(context, request.headers['last-event-id']))
      clients.send(eventOf(missed), client);
    return reply;
  };
  return { handler, close: clients.close };
}

/** Clients that get decisions, and heartbeats that keep their connections open. */
function followers({ permit, limits, metrics, log }: HttpContext): EventClients {
  const clients: EventClients = eventClients({
    most: limits.maxStreams,
    bufferBytes: limits.streamBufferBytes,
    begin: () => {
      const beat = () => {
        clients.check();
        clients.send(': still here\n\n');
      };
      const heartbeat = setInterval(beat, limits.heartbeatMs).unref();
      const stop = permit.subscribe((decision) => clients.send(eventOf(decision)));
      return () => {
        clearInterval(heartbeat);
        stop();
      };
    },
    counted: (count) => metrics.streams(count),
    dropped: ({ name }) => {
      metrics.streamDropped();
      log.warn({ event: 'stream-dropped', name }, 'a client of the stream was too slow');
    },
  });
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
