import { OVER } from '@watchbill/kit';
import { type RouteHandlers, type RouteInput, sendProblem } from '@watchbill/kit/http';
import type { FastifyReply } from 'fastify';
import type { FreezeRequest } from '../../contract.ts';
import { parsePolicy } from '../../policy/document.ts';
import { meantKeys } from '../../policy/meant-keys.ts';
import type { PolicyProblem } from '../../policy/validate.ts';
import type { HttpContext } from '../context.ts';
import type { Caller } from '../identity.ts';
import { problemOf } from '../problem.ts';
import { withKeys, withOneKey } from './named-key.ts';
import type { Routes } from './specs.ts';

const DEFAULT_PAGE = 100;

/** The handlers of all routes, which get the caller that the check of identities let through. */
export type Handlers = RouteHandlers<Routes, Caller>;

/** A client that goes away calls the handover off. */
async function handOver(
  permit: HttpContext['permit'],
  { body, caller, reply }: RouteInput<Routes['handOver'], Caller>,
): Promise<unknown> {
  const { chain, key, to, force } = await withOneKey(permit, body);
  const gone = new AbortController();
  const onClose = () => gone.abort(OVER);
  reply.raw.once('close', onClose);
  try {
    return await permit.handOver(chain, key, to, { by: caller.name, force, signal: gone.signal });
  } finally {
    reply.raw.removeListener('close', onClose);
  }
}

/** Reports of nodes and observers, and views for all roles. */
export function reportHandlers({ permit, metrics }: HttpContext) {
  return {
    observe: ({ body, caller }) => permit.observe(body, caller.name),
    reportSignatures: ({ body, caller }) => permit.reportSignatures(body, caller.name),
    reportVotes: ({ body, caller }) => permit.reportVotes(body, caller.name),
    reportOffences: ({ body, caller }) => permit.reportOffences(body, caller.name),
    readiness: async ({ body, caller: { name: node } }) => {
      const watch = await permit.reportReadiness(body, node);
      metrics.nodeClock(node, body.clockOffsetMs);
      if (body.leases === undefined) return { watch };
      return { watch, leases: await permit.keepKeyLeases(body, node) };
    },
    handOver: (input) => handOver(permit, input),
    drill: async ({ body, caller }) => {
      const { chain, key, to } = await withOneKey(permit, body);
      return permit.drill(chain, key, to, caller.name);
    },
    standbys: async ({ query }) => ({ standbys: await permit.standbys(await withKeys(permit, query)) }),
    upkeep: async () => permit.upkeep(),
    watch: async ({ query }) => ({ watch: await permit.watches(await withKeys(permit, query)) }),
    marks: async ({ query }) => ({ marks: await permit.marks(await withKeys(permit, query)) }),
    decisions: async ({ query: { before, limit, ...filter } }) =>
      permit.decisions({
        ...(await withKeys(permit, filter)),
        before: numberOf(before),
        limit: numberOf(limit) ?? DEFAULT_PAGE,
      }),
    services: async () => ({ services: await permit.services() }),
    rollbackReports: async () => ({ reports: await permit.rollbackReports() }),
    memory: () => permit.memory(),
    health: () => permit.health(),
    units: async ({ query: { since, missed, limit, ...filter } }) =>
      permit.units({
        ...(await withKeys(permit, filter)),
        since: numberOf(since),
        missed: missed === 'true',
        limit: numberOf(limit) ?? DEFAULT_PAGE,
      }),
    reportDue: async ({ body, caller }) => permit.reportDue(body, caller.name),
    peerUnits: async ({ body }) => permit.unitFacts(body),
  } satisfies Partial<Handlers>;
}

/** Members of a query are texts. */
function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** Operators' routes: policies, adoption, services, tokens. */
export function operatorHandlers({ permit, log }: HttpContext) {
  return {
    policies: async ({ query }) => {
      const all = await permit.policies();
      return { policies: query.key === undefined && query.chain === undefined ? all : meantKeys(all, query) };
    },
    changes: async ({ query }) => ({ changes: await permit.changes(await withKeys(permit, query)) }),
    applyPolicy: async ({ body, caller, reply }) => {
      const parsed = parsePolicy(body);
      if (parsed.ok) return permit.applyPolicy(parsed.document, caller.name);
      return refusePolicy(reply, parsed.problems);
    },
    adopt: async ({ body: { policy, ...words }, caller, reply }) => {
      const adoption = await withOneKey(permit, words);
      if (policy === undefined) return { marks: await permit.adopt(adoption, caller.name) };
      const parsed = parsePolicy(policy);
      if (!parsed.ok) return refusePolicy(reply, parsed.problems);
      return { marks: await permit.adopt({ ...adoption, policy: parsed.document }, caller.name) };
    },
    freeze: async ({ body, caller }) => ({
      policies: await permit.freeze(await withFrozen(permit, body), caller.name),
    }),
    liftFreeze: async ({ body, caller }) => ({
      policies: await permit.liftFreeze(await withFrozen(permit, body), caller.name),
    }),
    approve: ({ params, body, caller }) => permit.approve(params.id, body.reason, caller.name),
    removeService: ({ params, body, caller }) => permit.removeService(params.id, body.reason, caller.name),
    releaseRollbackReport: ({ params, body, caller }) =>
      permit.releaseRollbackReport(params.id, body.reason, caller.name),
    trimLedger: async ({ body, caller: { name } }) => {
      const { list, after } = body.from;
      if (list === 'entries' && after === 0)
        log.info({ event: 'ledger-trim', name, ...body }, 'an operator removes old rows of the ledger');
      return permit.trimLedger(body);
    },
    noteVerification: ({ body, caller }) => permit.noteVerification(body, caller.name),
    tokens: async () => ({ tokens: await permit.tokens() }),
    createToken: async ({ body, caller, reply }) => {
      if (body.original !== undefined && body.role !== 'node')
        return sendProblem(reply, problemOf('invalid-token', `the role asked for is ${body.role}`));
      const { original, ...token } = body;
      if (original === undefined) return permit.createToken(token, caller.name);
      return permit.createToken({ ...token, original: await withOneKey(permit, original) }, caller.name);
    },
    revokeToken: ({ params, caller }) => permit.revokeToken(params.id, caller.name),
  } satisfies Partial<Handlers>;
}

/** `all` is every key, on the chain that is named or on every one. */
async function withFrozen(permit: HttpContext['permit'], request: FreezeRequest): Promise<FreezeRequest> {
  if (request.key !== 'all') return withKeys(permit, request);
  const { key, ...rest } = request;
  return { ...(await withKeys(permit, rest)), key };
}

function refusePolicy(reply: FastifyReply, problems: readonly PolicyProblem[]): FastifyReply {
  const detail = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return sendProblem(reply, problemOf('invalid-policy', detail, { problems }));
}
