import { formatUnit } from '../../rule/index.ts';
import type { DecisionRecord } from '../contract.ts';
import type { Verdict } from '../ground/verdict.ts';
import type { Moment } from '../session/state.ts';
import type { Asked } from './state.ts';

/** The decision as the service keeps and streams it. */
export function describeDecision(asked: Asked, verdict: Verdict, at: Moment): Omit<DecisionRecord, 'id'> {
  const { claim } = asked;
  return {
    atMs: at.nowMs,
    outcome: verdict.outcome,
    reason: verdict.reason,
    detail: verdict.detail,
    chain: claim.chain,
    key: claim.key,
    duty: claim.duty.name,
    unit: formatUnit(claim.unit),
    parts: claim.parts,
    digest: claim.digest === null ? null : `0x${claim.digest}`,
    node: claim.owner.node,
    incarnation: claim.owner.incarnation,
    claimId: asked.claimId,
    seq: verdict.head?.seq ?? null,
    via: asked.via,
    tookMs: Math.max(0, Math.round(at.monotonicMs - asked.arrivedMs)),
  };
}
