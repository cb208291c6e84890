import { OVER } from '@watchbill/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type AdoptRequest,
  type DecisionQuery,
  type FreezeRequest,
  type ObservationReport,
  type OffencesReport,
  PermitFault,
  type ReadinessReport,
  type SignaturesReport,
  type TokenRequest,
  type VerificationReport,
  type VotesReport,
} from '../../contract.ts';
import { parsePolicy } from '../../policy/document.ts';
import type { PolicyProblem } from '../../policy/validate.ts';
import type { HttpContext } from '../context.ts';
import { problemOf, sendProblem } from '../problem.ts';
import { callerOf } from './caller.ts';
import { checkNumbers } from './check-claim.ts';

const DEFAULT_PAGE = 100;
const NO_CONTENT = 204;
const CREATED = 201;

/**
 * Bodies, queries and parameters were checked against their schemas before; the casts repeat those schemas.
 */
type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

interface KeyFilter {
  readonly chain?: string;
  readonly key?: string;
}

interface HandoverBody {
  readonly chain: string;
  readonly key: string;
  readonly to: string;
  readonly force?: string;
}

/** A client that goes away calls the hand-over off. */
async function handOver(
  permit: HttpContext['permit'],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { chain, key, to, force } = request.body as HandoverBody;
  const gone = new AbortController();
  const onClose = () => gone.abort(OVER);
  reply.raw.once('close', onClose);
  try {
    const by = callerOf(request).name;
    return await permit.handOver(chain, key, to, { by, force, signal: gone.signal });
  } finally {
    reply.raw.removeListener('close', onClose);
  }
}

/** Reports of nodes and observers, and views for all roles. */
export function reportHandlers({ permit, metrics }: HttpContext) {
  return {
    observe: async (request, reply) => {
      const report = request.body as ObservationReport;
      const { chain: _chain, ...numbers } = report;
      const problem = checkNumbers(numbers);
      if (problem !== null) return sendProblem(reply, problem);
      await permit.observe(report, callerOf(request).name);
      return reply.code(NO_CONTENT).send();
    },
    reportSignatures: async (request, reply) => {
      await permit.reportSignatures(request.body as SignaturesReport, callerOf(request).name);
      return reply.code(NO_CONTENT).send();
    },
    reportVotes: async (request, reply) => {
      await permit.reportVotes(request.body as VotesReport, callerOf(request).name);
      return reply.code(NO_CONTENT).send();
    },
    reportOffences: async (request, reply) => {
      await permit.reportOffences(request.body as OffencesReport, callerOf(request).name);
      return reply.code(NO_CONTENT).send();
    },
    readiness: async (request) => {
      const report = request.body as ReadinessReport;
      const node = callerOf(request).name;
      const watch = await permit.reportReadiness(report, node);
      metrics.nodeClock(node, report.clockOffsetMs);
      return { watch };
    },
    handOver: (request, reply) => handOver(permit, request, reply),
    drill: async (request) => {
      const { chain, key, to } = request.body as HandoverBody;
      return permit.drill(chain, key, to, callerOf(request).name);
    },
    standbys: async (request) => ({ standbys: await permit.standbys(request.query as KeyFilter) }),
    upkeep: async () => permit.upkeep(),
    watch: async (request) => ({ watch: await permit.watches(request.query as KeyFilter) }),
    marks: async (request) => ({ marks: await permit.marks(request.query as KeyFilter) }),
    decisions: async (request) => {
      const { before, limit, ...filter } = request.query as Record<string, string>;
      return permit.decisions({
        ...filter,
        before: before === undefined ? undefined : Number(before),
        limit: limit === undefined ? DEFAULT_PAGE : Number(limit),
      } as DecisionQuery);
    },
    services: async () => ({ services: await permit.services() }),
    rollbackReports: async () => ({ reports: await permit.rollbackReports() }),
    memory: async () => permit.memory(),
    health: async () => {
      const health = await permit.health();
      const term = health.store.term === null ? null : health.store.term.toString();
      return { ...health, store: { ...health.store, term } };
    },
  } satisfies Record<string, Handler>;
}

/** Operators' routes: policies, adoption, services, tokens. */
export function operatorHandlers({ permit, duties }: HttpContext) {
  return {
    policies: async () => ({ policies: await permit.policies() }),
    applyPolicy: async (request, reply) => {
      const parsed = parsePolicy(request.body, [...duties.values()]);
      if (parsed.ok) return permit.applyPolicy(parsed.document, callerOf(request).name);
      return refusePolicy(reply, parsed.problems);
    },
    adopt: async (request, reply) => {
      const adoption = request.body as AdoptRequest;
      if (adoption.policy === undefined)
        return { marks: await permit.adopt(adoption, callerOf(request).name) };
      const parsed = parsePolicy(adoption.policy, [...duties.values()]);
      if (!parsed.ok) return refusePolicy(reply, parsed.problems);
      const whole = { ...adoption, policy: parsed.document };
      return { marks: await permit.adopt(whole, callerOf(request).name) };
    },
    freeze: async (request) => ({
      policies: await permit.freeze(request.body as FreezeRequest, callerOf(request).name),
    }),
    liftFreeze: async (request) => ({
      policies: await permit.liftFreeze(request.body as FreezeRequest, callerOf(request).name),
    }),
    approve: async (request, reply) => {
      const { reason } = request.body as { reason: string };
      await permit.approve(idOf(request), reason, callerOf(request).name);
      return reply.code(NO_CONTENT).send();
    },
    removeService: async (request, reply) => {
      const { reason } = request.body as { reason: string };
      await permit.removeService(idOf(request), reason, callerOf(request).name);
      return reply.code(NO_CONTENT).send();
    },
    releaseRollbackReport: async (request, reply) => {
      const { reason } = request.body as { reason: string };
      await permit.releaseRollbackReport(idOf(request), reason, callerOf(request).name);
      return reply.code(NO_CONTENT).send();
    },
    noteVerification: async (request, reply) => {
      await permit.noteVerification(request.body as VerificationReport, callerOf(request).name);
      return reply.code(NO_CONTENT).send();
    },
    tokens: async () => ({ tokens: await permit.tokens() }),
    createToken: async (request, reply) => {
      const wanted = request.body as TokenRequest;
      if (wanted.original !== undefined && wanted.role !== 'node') {
        return sendProblem(reply, problemOf('invalid-token', `the role asked for is ${wanted.role}`));
      }
      const created = await permit.createToken(wanted, callerOf(request).name);
      return reply.code(CREATED).send(created);
    },
    revokeToken: async (request, reply) => {
      await permit.revokeToken(idOf(request), callerOf(request).name);
      return reply.code(NO_CONTENT).send();
    },
  } satisfies Record<string, Handler>;
}

function refusePolicy(reply: FastifyReply, problems: readonly PolicyProblem[]): FastifyReply {
  const detail = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return sendProblem(reply, problemOf('invalid-policy', detail, { problems }));
}

function idOf(request: FastifyRequest): string {
  const { id } = request.params as { id?: string };
  if (id === undefined) throw new PermitFault('internal', 503, 'a route has no id', 'Report this.');
  return id;
}
