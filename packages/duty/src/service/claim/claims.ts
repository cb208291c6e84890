import { OVER } from '@watchbill/kit';
import { unknown, type Verdict } from '../ground/verdict.ts';
import type { CoreModules } from '../modules.ts';
import { answerAtDeadline, answerClaim } from './answer.ts';
import { type Asked, type Identity, startClaim } from './asked.ts';
import { type ClaimEffects, createClaimEffects } from './claim-effects.ts';
import { createDeadlines, createStepTimes, type Deadlines } from './times.ts';

/** Decides claims one by one per mark, each by one compare-and-set transaction and one durable entry. */
export interface ClaimEngine {
  /**
   * Settles with the answer of the claim, at its deadline at the latest. Running work then goes on to its
   * end. Never rejects: a defect is logged and answered `unknown`. The answer has the time of each step.
   *
   * @param gone aborts when the claimant closes its connection
   */
  decide(asked: Asked, gone?: AbortSignal): Promise<Verdict>;
}

/** The parts that the claims of one service share. */
interface Shared {
  readonly modules: CoreModules;
  readonly effects: ClaimEffects;
  readonly deadlines: Deadlines;
  readonly own: Identity;
}

export function createClaimEngine(modules: CoreModules): ClaimEngine {
  const { ledger, epoch, voided } = modules.identity;
  const { parts } = modules.context;
  const shared: Shared = {
    modules,
    effects: createClaimEffects(modules),
    deadlines: createDeadlines(parts.clock),
    own: { ledger, epoch, voided, service: parts.ledger.serviceId },
  };
  return { decide: (asked, gone) => decideOne(shared, asked, gone) };
}

async function decideOne(shared: Shared, asked: Asked, gone: AbortSignal | undefined): Promise<Verdict> {
  const { modules, effects, deadlines, own } = shared;
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const claim = startClaim(asked, own, createStepTimes(modules.context.parts.clock));
  const leave = () => claim.ending.abort(OVER);
  const unwatch = deadlines.at(asked.deadlineMs, () => {
    resolve(answerAtDeadline(claim));
    leave();
  });
  gone?.addEventListener('abort', leave, { once: true });
  if (gone?.aborted === true) leave();
  void answerClaim(claim, effects)
    .catch((error: unknown) => {
      effects.defect(claim, error);
      return unknown('internal', 'see the log of the service');
    })
    .then((verdict) => {
      claim.unfollow?.();
      resolve(verdict);
    });
  try {
    return { ...(await promise), steps: claim.times.soFar() };
  } finally {
    unwatch();
    gone?.removeEventListener('abort', leave);
  }
}
