import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DueReport, PeerUnitsQuery, UnitsQuery } from '../../contract.ts';
import type { HttpContext } from '../context.ts';
import { callerOf } from './caller.ts';

const DEFAULT_PAGE = 100;
const NO_CONTENT = 204;

/** Routes about units. Queries and bodies were checked against their schemas before. */
export function unitHandlers({ permit }: HttpContext) {
  return {
    units: async (request: FastifyRequest) => {
      const { since, missed, limit, ...filter } = request.query as Record<string, string>;
      return permit.units({
        ...filter,
        since: since === undefined ? undefined : Number(since),
        missed: missed === 'true',
        limit: limit === undefined ? DEFAULT_PAGE : Number(limit),
      } as UnitsQuery);
    },
    reportDue: async (request: FastifyRequest, reply: FastifyReply) => {
      permit.reportDue(request.body as DueReport, callerOf(request).name);
      return reply.code(NO_CONTENT).send();
    },
    peerUnits: async (request: FastifyRequest) => ({
      facts: permit.unitFacts(request.body as PeerUnitsQuery),
    }),
  };
}
