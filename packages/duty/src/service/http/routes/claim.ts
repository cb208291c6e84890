import { OVER } from '@watchbill/kit';
import { PROBLEM_HEADER, problemType, type RouteInput } from '@watchbill/kit/http';
import type { FastifyReply } from 'fastify';
import { REASONS } from '../../../rule/index.ts';
import { type ClaimReply, type ClaimRequest, PermitFault } from '../../contract.ts';
import { perSecond } from '../../per-second.ts';
import type { HttpContext } from '../context.ts';
import type { Caller } from '../identity.ts';
import { createOverdue, type Overdue } from '../overdue.ts';
import { PROBLEMS } from '../problem.ts';
import type { Routes } from './specs.ts';

const UNKNOWN_STATUS = 503;

/** `POST /v1/claims`. Every claim that reached the service is answered with one of the three outcomes. */
export function claimHandler(context: HttpContext) {
  const mayLog = perSecond(1);
  const overdue = createOverdue(context.limits.claimTimeoutMs);
  return async ({ body: claim, caller: { name: node }, reply }: RouteInput<Routes['claim'], Caller>) => {
    try {
      const answer = await settled(overdue, reply, (gone) => context.permit.claim(claim, { node }, gone));
      if (answer === null) return unknown(reply, withoutAnswer(claim, 'deadline', REASONS.deadline.summary));
      return answer.outcome === 'unknown' ? unknown(reply, answer) : answer;
    } catch (error) {
      // The service refuses a malformed claim before it touches anything; every other fault leaves it open.
      if (error instanceof PermitFault && error.status < 500) {
        const { code: event, message: detail } = error;
        if (error.status === 429 && mayLog()) context.log.warn({ event, detail }, 'claims are turned away');
        throw error;
      }
      context.log.error(
        { event: 'claim-failed', claimId: claim.claimId, duty: claim.duty, unit: claim.unit, err: error },
        'a claim failed in an unexpected way and is answered unknown',
      );
      return unknown(reply, withoutAnswer(claim, 'internal', PROBLEMS.internal.title));
    }
  };
}

/**
 * The answer, or null if the claimant closes its connection or the limit of the server passes first; then
 * the signal aborts. The service keeps the deadline of each claim by itself and answers before that limit.
 */
function settled(
  overdue: Overdue,
  reply: FastifyReply,
  ask: (gone: AbortSignal) => Promise<ClaimReply>,
): Promise<ClaimReply | null> {
  return new Promise((resolve, reject) => {
    const gone = new AbortController();
    const giveUp = (): void => {
      leave();
      resolve(null);
      gone.abort(OVER);
    };
    const leaveWatch = overdue.watch(giveUp);
    const leave = (): void => {
      leaveWatch();
      reply.raw.removeListener('close', giveUp);
    };
    reply.raw.once('close', giveUp);
    ask(gone.signal).then(
      (answer) => {
        leave();
        resolve(answer);
      },
      (error: unknown) => {
        leave();
        reject(error);
      },
    );
  });
}

type AnyReply = Omit<ClaimReply, 'reason'> & { readonly reason: string };

/** The 503: a problem document that carries the whole reply. */
function unknown(reply: FastifyReply, answer: AnyReply): FastifyReply {
  const known = Object.hasOwn(REASONS, answer.reason)
    ? REASONS[answer.reason as keyof typeof REASONS]
    : { summary: PROBLEMS.internal.title, remedy: PROBLEMS.internal.remedy };
  const document = {
    type: problemType(answer.reason),
    title: known.summary,
    status: UNKNOWN_STATUS,
    detail: answer.message,
    code: answer.reason,
    remedy: known.remedy,
    ...answer,
  };
  return reply.code(UNKNOWN_STATUS).header('content-type', PROBLEM_HEADER).send(JSON.stringify(document));
}

function withoutAnswer(claim: ClaimRequest, reason: string, message: string): AnyReply {
  const { claimId, chain, key, duty, unit, part, incarnation } = claim;
  return {
    outcome: 'unknown',
    reason,
    message,
    claimId,
    ledger: claim.ledger ?? '',
    chain,
    key,
    duty,
    unit,
    part,
    digest: claim.digest ?? null,
    incarnation,
    head: null,
    word: null,
    watch: null,
  };
}
