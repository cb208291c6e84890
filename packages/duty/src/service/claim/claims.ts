import { OVER } from '@watchbill/kit';
import { unknown, type Verdict } from '../ground/verdict.ts';
import type { CoreModules } from '../modules.ts';
import { answerAtDeadline, answerClaim } from './answer.ts';
import { type Asked, startClaim } from './asked.ts';
import { createClaimEffects } from './claim-effects.ts';
import { createDeadlines, createStepTimes } from './times.ts';

export type ClaimEngine = ReturnType<typeof createClaimEngine>;

/** Decides claims one by one per mark, each by one compare-and-set transaction and one durable entry. */
export function createClaimEngine(modules: CoreModules) {
  const { parts } = modules.context;
  const own = { ...modules.identity, service: parts.ledger.serviceId };
  const effects = createClaimEffects(modules);
  const deadlines = createDeadlines(parts.clock);
  return {
    /**
     * Settles with the answer of the claim, at its deadline at the latest. Running work then goes on to its
     * end. Never rejects: a defect is logged and answered `unknown`. The answer has the time of each step.
     *
     * @param gone aborts when the claimant closes its connection
     */
    async decide(asked: Asked, gone?: AbortSignal): Promise<Verdict> {
      const { promise, resolve } = Promise.withResolvers<Verdict>();
      const claim = startClaim(asked, own, createStepTimes(parts.clock));
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
    },
  };
}
