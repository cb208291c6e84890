import { type Claim, compareUnits, decide, type Mark } from '../../../rule/index.ts';
import { boundsOf } from '../../ground/base.ts';
import { markName } from '../../ground/keys.ts';
import { readMark } from '../../ground/marks.ts';
import { notServing } from '../../ground/verdict.ts';
import type { CoreModules } from '../../modules.ts';
import type { ShadowAnswer } from './shadow-record.ts';

/**
 * Would this claim be granted if no other node had asked for the unit: decision 0030. It reads policy and
 * mark linearizably and writes nothing. Null if the mark has gone past the unit meanwhile: then the rule
 * cannot answer. Rejects with a StoreFault if the store does not answer.
 */
export async function askShadow(modules: CoreModules, claim: Claim): Promise<ShadowAnswer | null> {
  const { context, policies, watches } = modules;
  const { clock, store } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const { chain, key, duty } = claim;
  const startMs = clock.monotonicMs();
  const policy = (await policies.load(chain, key, timeoutMs))?.policy ?? null;
  const held = await readMark(store, { chain, key, duty }, timeoutMs);
  const answer = (why: string | null): ShadowAnswer => ({
    would: why === null ? 'would-grant' : 'would-not',
    why,
    tookMs: clock.monotonicMs() - startMs,
  });
  if (policy === null) return answer('not-listed');
  if (modules.session.state() !== 'serving') return answer(notServing(modules.session, claim).reason);
  if (modules.reports.held(chain, key) !== null) return answer('store-behind');
  if (policy.readiness.required && watches.unfit(policy, claim.owner.node) !== null)
    return answer('not-ready');
  if (held === null) return answer('not-adopted');
  const before = markBefore(held.mark, claim);
  if (before === null) return null;
  const decision = decide(policy, before, claim, boundsAt(modules, policy, claim), attemptOf(modules));
  return answer(decision.outcome === 'grant' ? null : decision.reason);
}

/** A copy of the mark without this unit and those after it; null if its floor is at the unit or above. */
function markBefore(mark: Mark, { unit }: Claim): Mark | null {
  if (mark.floor !== null && compareUnits(mark.floor, unit) >= 0) return null;
  return { ...mark, recent: mark.recent.filter((known) => compareUnits(known.unit, unit) < 0) };
}

function boundsAt(
  { base, observations, context }: CoreModules,
  policy: Parameters<typeof boundsOf>[0],
  claim: Claim,
) {
  const name = markName(claim.chain, claim.key, claim.duty.name);
  return boundsOf(policy, claim, name, observations.heard(policy, base()), context.parts.clock.nowMs());
}

/** The rule needs the facts of an entry. The entry is thrown away, so its nonce need not be random. */
function attemptOf({ identity, context }: CoreModules) {
  const { ledger, clock } = context.parts;
  return {
    ledger: identity.ledger,
    epoch: identity.epoch,
    service: ledger.serviceId,
    nonce: '00'.repeat(8),
    atMs: clock.nowMs(),
  };
}
