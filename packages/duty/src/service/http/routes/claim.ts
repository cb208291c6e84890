import type { ServerResponse } from 'node:http';
import { OVER } from '@watchbill/kit';
import { type ProblemDocument, problemType } from '@watchbill/kit/http';
import { REASONS } from '../../../rule/index.ts';
import { type ClaimReply, type ClaimRequest, PermitFault } from '../../contract.ts';
import { perSecond } from '../../per-second.ts';
import { echoOf } from '../../shapes/claims.ts';
import type { HttpContext } from '../context.ts';
import { headersOf, refusals } from '../errors.ts';
import { PROBLEMS } from '../problem.ts';

const UNKNOWN_STATUS = 503;
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** The answer to a claim as it is sent: the reply, or a problem. */
export interface ClaimAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export type ClaimHandler = ReturnType<typeof claimHandler>;

/**
 * `POST /v1/claims`. Every claim that reached the service is answered with one of the three outcomes. Never
 * rejects.
 */
export function claimHandler(context: HttpContext) {
  const mayLog = perSecond(1);
  const refuse = refusals(context);
  return async (claim: ClaimRequest, node: string, response: ServerResponse): Promise<ClaimAnswer> => {
    try {
      const answer = await settled(context, response, (gone) => context.permit.claim(claim, { node }, gone));
      if (answer === null) return unknown(withoutAnswer(claim, 'deadline', REASONS.deadline.summary));
      return answer.outcome === 'unknown' ? unknown(answer) : known(answer);
    } catch (error) {
      // The service refuses a malformed claim before it touches anything; every other fault leaves it open.
      if (error instanceof PermitFault && error.status < 500) {
        const { code: event, message: detail } = error;
        if (error.status === 429 && mayLog()) context.log.warn({ event, detail }, 'claims are turned away');
        return problemAnswer(refuse(error, '/v1/claims'));
      }
      context.log.error(
        { event: 'claim-failed', claimId: claim.claimId, duty: claim.duty, unit: claim.unit, err: error },
        'a claim failed in an unexpected way and is answered unknown',
      );
      return unknown(withoutAnswer(claim, 'internal', PROBLEMS.internal.title));
    }
  };
}

/**
 * The answer, or null if the claimant closes its connection or the limit of the server passes first; then
 * the signal aborts. The service keeps the deadline of each claim by itself and answers before that limit.
 */
function settled(
  { deadlines, limits }: HttpContext,
  response: ServerResponse,
  ask: (gone: AbortSignal) => Promise<ClaimReply>,
): Promise<ClaimReply | null> {
  return new Promise((resolve, reject) => {
    const gone = new AbortController();
    const giveUp = (): void => {
      leave();
      resolve(null);
      gone.abort(OVER);
    };
    const leaveWatch = deadlines.at(performance.now() + limits.claimTimeoutMs, giveUp);
    const leave = (): void => {
      leaveWatch();
      response.removeListener('close', giveUp);
    };
    response.once('close', giveUp);
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

function problemAnswer(document: ProblemDocument): ClaimAnswer {
  return { status: document.status, headers: headersOf(document), text: JSON.stringify(document) };
}

function known(answer: ClaimReply): ClaimAnswer {
  return { status: 200, headers: JSON_HEADERS, text: JSON.stringify(answer) };
}

/** The 503: a problem document that carries the whole reply. */
function unknown(answer: AnyReply): ClaimAnswer {
  const said = Object.hasOwn(REASONS, answer.reason)
    ? REASONS[answer.reason as keyof typeof REASONS]
    : { summary: PROBLEMS.internal.title, remedy: PROBLEMS.internal.remedy };
  return problemAnswer({
    type: problemType(answer.reason),
    title: said.summary,
    status: UNKNOWN_STATUS,
    detail: answer.message,
    code: answer.reason,
    remedy: said.remedy,
    ...answer,
  });
}

function withoutAnswer(claim: ClaimRequest, reason: string, message: string): AnyReply {
  const nothing = { head: null, word: null, watch: null };
  return { outcome: 'unknown', reason, message, ...echoOf(claim, claim.ledger ?? ''), ...nothing };
}
