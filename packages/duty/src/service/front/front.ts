import { OVER } from '@watchbill/kit';
import { encodeWord, type Policy, REASONS, slotOfRelayParent, slotStartMs } from '../../rule/index.ts';
import type { Asked } from '../claim/asked.ts';
import type { ClaimEngine } from '../claim/claims.ts';
import type { ClaimReply, ClaimRequest, NodeCaller, Permit } from '../contract.ts';
import type { LedgerIdentity } from '../ground/genesis.ts';
import { parseClaim } from '../ground/parse.ts';
import { headOf, type Verdict } from '../ground/verdict.ts';
import type { CoreModules } from '../modules.ts';
import type { FindTarget } from '../original/targets.ts';
import { echoOf } from '../shapes/claims.ts';
import { answer, counted, type Desk, type UnderWay } from './ask.ts';
import { claimOriginal, MIN_SLOT_BUDGET_MS } from './original-claim.ts';

/** Where claims come in: parsed, bounded in number and time, answered and recorded. */
export interface Front extends Pick<Permit, 'claim' | 'claimOriginal'> {
  inFlight(): number;
  /** Resolves when no claim is under way, or after the time. */
  idle(timeoutMs: number): Promise<void>;
}

const MAX_BUDGET_MS = 30_000;
const ENTER_BUDGET_MS = 1_000;
/** Longer than a node waits for a round: a standby asks again for the next one. */
const MAX_ENTER_BUDGET_MS = 3_000;

/** `follow` sees every decision of either protocol; it returns at once. */
export function createFront(
  modules: CoreModules,
  engine: ClaimEngine,
  findTarget: FindTarget,
  follow: Desk['follow'],
): Front {
  const claims: UnderWay = { count: 0, shares: new Map(), idle: new Set() };
  const desk: Desk = { modules, engine, follow, claims };
  return {
    claim: (request, caller, signal) => claim(desk, request, caller, signal),
    claimOriginal: (request, caller, signal) => claimOriginal(desk, findTarget, request, caller, signal),
    inFlight: () => claims.count,
    idle: (timeoutMs) => idle(desk, timeoutMs),
  };
}

async function idle({ modules, claims }: Desk, timeoutMs: number): Promise<void> {
  if (claims.count === 0) return;
  const ending = new AbortController();
  const wake = () => ending.abort(OVER);
  claims.idle.add(wake);
  await modules.context.parts.clock.sleep(timeoutMs, ending.signal);
  claims.idle.delete(wake);
}

async function claim(
  desk: Desk,
  request: ClaimRequest,
  caller: NodeCaller,
  signal: AbortSignal | undefined,
): Promise<ClaimReply> {
  const { context, identity, policies } = desk.modules;
  const policy = policies.get(request.chain, request.key)?.policy ?? null;
  // Maps find a text faster if it is the one that they hold, and a mark keeps the texts of its last claim.
  const { chain, key } = policy ?? request;
  const { claim: parsed, said } = parseClaim(identity, { ...request, chain, key }, caller.node);
  const wantedMs = request.timeoutMs ?? defaultBudgetMs(policy, parsed, context.parts.clock.nowMs());
  const mostMs = parsed.parts.includes('enter') ? MAX_ENTER_BUDGET_MS : MAX_BUDGET_MS;
  const budgetMs = Math.min(mostMs, Math.max(1, wantedMs));
  const question = { claim: parsed, claimId: request.claimId, via: 'claims', said, budgetMs } as const;
  const verdict = await counted(desk, caller.node, () => answer(desk, question, signal));
  const summary = REASONS[verdict.reason].summary;
  return {
    outcome: verdict.outcome,
    reason: verdict.reason,
    message: verdict.detail === '' ? summary : verdict.detail,
    ...echoOf(request, identity.ledger),
    head: verdict.point && headOf(verdict.point),
    word: wordOf(identity, parsed, verdict),
    watch: verdict.watch,
  };
}

function wordOf(
  { ledger, wordKey }: LedgerIdentity,
  { chain, key, duty }: Asked['claim'],
  { point }: Verdict,
): string | null {
  if (point === null) return null;
  return encodeWord(point, { ledger, chain, key, duty }, wordKey);
}

/**
 * Slots until two thirds of the slot, but never so short that a late question gets no answer; votes, and
 * slots of a relay parent, which may be over before they are asked for, 30 s.
 */
function defaultBudgetMs(policy: Policy | null, claim: Asked['claim'], nowMs: number): number {
  if (claim.parts.includes('enter')) return ENTER_BUDGET_MS;
  const [slot] = claim.unit;
  if (claim.duty.ceiling !== 'clock' || policy === null || slot === undefined) return MAX_BUDGET_MS;
  if (slotOfRelayParent(claim.duty)) return MAX_BUDGET_MS;
  const endMs = slotStartMs(policy.ceilings, slot) + (policy.ceilings.slotMs * 2) / 3;
  return Math.max(MIN_SLOT_BUDGET_MS, Math.round(endMs - nowMs));
}
