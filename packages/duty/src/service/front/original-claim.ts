import type { DecisionRecord, OriginalCaller, OriginalReply, OriginalRequest } from '../contract.ts';
import { readU64 } from '../ground/parse.ts';
import { denied, unknown, type Verdict } from '../ground/verdict.ts';
import type { CoreModules } from '../modules.ts';
import type { FindTarget, OriginalTarget } from '../original/targets.ts';
import { answer, counted, type Desk, type Question } from './ask.ts';

/** A question about a slot gets at least this much time, however late it comes. */
export const MIN_SLOT_BUDGET_MS = 500;
const ORIGINAL_ROUND_BUDGET_MS = 2_500;

/** A question of the original wire protocol, as a claim of the same marks: protocol section 3. */
export async function claimOriginal(
  desk: Desk,
  findTarget: FindTarget,
  request: OriginalRequest,
  caller: OriginalCaller,
  signal: AbortSignal | undefined,
): Promise<OriginalReply> {
  const { modules } = desk;
  const number = readU64(request.number);
  if (number === null) {
    const answer = { outcome: 'denied', reason: 'malformed' } as const;
    note(modules, request, caller, { ...answer, unit: '', detail: 'the number is not a canonical u64' });
    return { allowed: false, ...answer };
  }
  return counted(desk, caller.node, async () => {
    const target = await lookUpTarget(modules, findTarget, request, number, caller);
    if (target.ok) return replyOf(await answer(desk, questionOf(request, caller, target), signal));
    const { outcome, reason, detail } = target.verdict;
    note(modules, request, caller, { outcome, reason, detail, unit: request.number });
    return replyOf(target.verdict);
  });
}

type Found = Extract<OriginalTarget, { ok: true }> & { readonly term: bigint };

/** The claim that the question stands for, or the verdict that ends it. */
async function lookUpTarget(
  modules: CoreModules,
  findTarget: FindTarget,
  request: OriginalRequest,
  number: bigint,
  caller: OriginalCaller,
): Promise<Found | Extract<OriginalTarget, { ok: false }>> {
  const { policies, watches, context } = modules;
  const { chain, key, node } = caller;
  const found = await lookUp(
    modules,
    () => policies.get(chain, key) ?? policies.load(chain, key, context.options.storeTimeoutMs),
  );
  if (found === undefined)
    return { ok: false, verdict: unknown('store-unavailable', 'the policy was not read') };
  const policy = found?.policy;
  if (policy?.originalWire.enabled !== true) {
    const why = 'the policy does not enable the original wire protocol';
    return { ok: false, verdict: denied('not-listed', why) };
  }
  if (request.kind !== 'round') void watches.signOfLife(policy, node).catch(() => undefined);
  const target = await lookUp(modules, () => findTarget(policy, request, number, caller));
  if (target === undefined)
    return { ok: false, verdict: unknown('store-unavailable', 'the mark was not read') };
  return target.ok ? { ...target, term: BigInt(watches.state(policy).term) } : target;
}

function questionOf(
  request: OriginalRequest,
  caller: OriginalCaller,
  { duty, unit, parts, term }: Found,
): Question {
  return {
    claim: {
      ledger: null,
      epoch: null,
      chain: caller.chain,
      key: caller.key,
      duty,
      unit,
      parts,
      digest: null,
      owner: { node: caller.node, incarnation: 'original' },
      term: parts.includes('enter') ? term : null,
      strictlyIncreasing: true,
    },
    claimId: 'original',
    via: 'original',
    said: { kind: 'nothing' },
    budgetMs: request.kind === 'round' ? ORIGINAL_ROUND_BUDGET_MS : MIN_SLOT_BUDGET_MS + 2_000,
  };
}

/** Undefined if the store did not answer. */
async function lookUp<Value>(
  { context }: CoreModules,
  read: () => Value | Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    const fields = { event: 'claim-unread', error: String(error) };
    context.parts.log.warn(fields, 'the store did not answer');
    return undefined;
  }
}

/** A question that is answered without a claim, among the decisions. */
function note(
  { context }: CoreModules,
  request: OriginalRequest,
  caller: OriginalCaller,
  answer: Pick<DecisionRecord, 'unit' | 'outcome' | 'reason' | 'detail'>,
): void {
  const { ledger, meter, clock } = context.parts;
  ledger.note({
    ...answer,
    atMs: clock.nowMs(),
    chain: caller.chain,
    key: caller.key,
    duty: request.kind,
    parts: [],
    digest: null,
    node: caller.node,
    incarnation: 'original',
    claimId: 'original',
    seq: null,
    via: 'original',
    tookMs: 0,
  });
  meter.decision(request.kind, answer.outcome, answer.reason, 0);
}

function replyOf({ outcome, reason }: Verdict): OriginalReply {
  return { allowed: outcome === 'granted', outcome, reason };
}
