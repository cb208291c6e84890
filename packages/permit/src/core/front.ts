import { encodeWord, type Policy, REASONS, slotStartMs } from '@watchbill/duty';
import {
  type ClaimReply,
  type ClaimRequest,
  type DecisionRecord,
  type NodeCaller,
  type OriginalCaller,
  type OriginalReply,
  type OriginalRequest,
  type Permit,
  PermitFault,
} from '../contract.ts';
import type { ClaimEngine } from './claim/claims.ts';
import type { Asked } from './claim/state.ts';
import { describeDecision } from './decision-record.ts';
import type { LedgerIdentity } from './genesis.ts';
import type { CoreModules } from './modules.ts';
import type { OriginalTargets } from './original.ts';
import { parseClaim } from './parse.ts';
import { denied, notServing, unknown, type Verdict } from './verdict.ts';

/** Where claims come in: parsed, bounded in number and time, answered and recorded. */
export interface Front extends Pick<Permit, 'claim' | 'claimOriginal'> {
  inFlight(): number;
  /** Resolves when nothing is under way, or after the time. */
  idle(timeoutMs: number): Promise<void>;
}

const MAX_BUDGET_MS = 30_000;
const ENTER_BUDGET_MS = 1_000;
const MIN_SLOT_BUDGET_MS = 500;
const ORIGINAL_ROUND_BUDGET_MS = 2_500;
const U64_MAX = (1n << 64n) - 1n;

type Question = Pick<Asked, 'claim' | 'claimId' | 'via' | 'said'> & { readonly budgetMs: number };

export function createFront(modules: CoreModules, engine: ClaimEngine, originals: OriginalTargets): Front {
  const { context, session, identity } = modules;
  const { clock, ledger, meter, log } = context.parts;
  let inFlight = 0;
  let lookingUp = 0;
  const idleListeners = new Set<() => void>();

  /** Counted, bounded, measured and recorded: what both protocols share. */
  async function ask(question: Question, signal: AbortSignal | undefined): Promise<Verdict> {
    turnAway(inFlight);
    inFlight += 1;
    const startMs = clock.monotonicMs();
    try {
      await context.parts.failpoint?.('claim-received');
      const state = session.state();
      const { budgetMs, ...asked } = question;
      const bounded: Asked = { ...asked, arrivedMs: startMs, deadlineMs: startMs + budgetMs };
      const verdict =
        state === 'serving'
          ? await engine.decide(bounded, signal)
          : notServing(state, session.detail(), question.claim);
      record(bounded, verdict);
      meter.decision(
        question.claim.duty.name,
        verdict.outcome,
        verdict.reason,
        clock.monotonicMs() - startMs,
      );
      await context.parts.failpoint?.('before-reply');
      return verdict;
    } finally {
      inFlight -= 1;
      if (inFlight === 0) for (const wake of idleListeners) wake();
    }
  }

  function turnAway(underWay: number): void {
    if (underWay < context.options.maxInFlight) return;
    const message = `${context.options.maxInFlight} claims are under way`;
    throw new PermitFault('busy', 429, message, 'Ask again in a moment, or ask another service.');
  }

  /** Grants were recorded with their durable entry; all else needs no durability. */
  function record(asked: Asked, verdict: Verdict): void {
    if (verdict.outcome === 'granted') return;
    const at = { nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    ledger.note(describeDecision(asked, verdict, at));
  }

  async function claim(request: ClaimRequest, caller: NodeCaller, signal?: AbortSignal): Promise<ClaimReply> {
    const { claim: parsed, said } = parseClaim(context, identity, request, caller.node);
    const policy = modules.policies.get(request.chain, request.key)?.policy ?? null;
    const wantedMs = request.timeoutMs ?? defaultBudgetMs(policy, parsed, clock.nowMs());
    const budgetMs = Math.min(MAX_BUDGET_MS, Math.max(1, wantedMs));
    const question: Question = { claim: parsed, claimId: request.claimId, via: 'claims', said, budgetMs };
    const verdict = await ask(question, signal);
    const summary = REASONS[verdict.reason].summary;
    return {
      outcome: verdict.outcome,
      reason: verdict.reason,
      message: verdict.detail === '' ? summary : `${summary} (${verdict.detail})`,
      claimId: request.claimId,
      ledger: identity.ledger,
      chain: request.chain,
      key: request.key,
      duty: request.duty,
      unit: request.unit,
      part: request.part,
      digest: request.digest ?? null,
      incarnation: request.incarnation,
      head: verdict.head,
      word: wordOf(identity, parsed, verdict),
      watch: verdict.watch,
    };
  }

  async function claimOriginal(
    request: OriginalRequest,
    caller: OriginalCaller,
    signal?: AbortSignal,
  ): Promise<OriginalReply> {
    const number = /^(0|[1-9][0-9]{0,19})$/.test(request.number) ? BigInt(request.number) : null;
    if (number === null || number > U64_MAX) {
      noteMalformed(request, caller);
      return { allowed: false, outcome: 'denied', reason: 'malformed' };
    }
    const timeoutMs = context.options.storeTimeoutMs;
    const found = await lookUp(
      () =>
        modules.policies.get(caller.chain, caller.key) ??
        modules.policies.load(caller.chain, caller.key, timeoutMs),
    );
    const policy = found?.policy;
    if (policy?.originalWire.enabled !== true) {
      const verdict =
        found === undefined
          ? unknown('store-unavailable', 'the policy was not read')
          : denied('not-listed', 'the policy does not enable the original wire protocol');
      return original(noteOriginal(request, caller, verdict));
    }
    if (request.kind !== 'round') {
      void modules.watches.signOfLife(policy, caller.node).catch(() => undefined);
    }
    const target = await lookUp(() => originals.target(policy, request, number, caller));
    if (target === undefined)
      return original(noteOriginal(request, caller, unknown('store-unavailable', 'the mark was not read')));
    if (!target.ok) return original(noteOriginal(request, caller, target.verdict));
    const question: Question = {
      claim: {
        ledger: null,
        epoch: null,
        chain: caller.chain,
        key: caller.key,
        duty: target.duty,
        unit: target.unit,
        parts: target.parts,
        digest: null,
        owner: { node: caller.node, incarnation: 'original' },
        term: target.parts.includes('enter') ? BigInt(modules.watches.state(policy).term) : null,
        strictlyIncreasing: true,
      },
      claimId: 'original',
      via: 'original',
      said: { kind: 'nothing' },
      budgetMs: request.kind === 'round' ? ORIGINAL_ROUND_BUDGET_MS : MIN_SLOT_BUDGET_MS + 2_000,
    };
    return original(await ask(question, signal));
  }

  async function lookUp<Value>(read: () => Value | Promise<Value>): Promise<Value | undefined> {
    turnAway(lookingUp);
    lookingUp += 1;
    try {
      return await read();
    } catch (error) {
      log.warn({ event: 'claim-unread', error: String(error) }, 'the store did not answer');
      return undefined;
    } finally {
      lookingUp -= 1;
    }
  }

  function noteOriginal(request: OriginalRequest, caller: OriginalCaller, verdict: Verdict): Verdict {
    ledger.note({
      ...blank(request, caller),
      outcome: verdict.outcome,
      reason: verdict.reason,
      detail: verdict.detail,
    });
    meter.decision(request.kind, verdict.outcome, verdict.reason, 0);
    return verdict;
  }

  function noteMalformed(request: OriginalRequest, caller: OriginalCaller): void {
    const detail = 'the number is not a canonical u64';
    ledger.note({ ...blank(request, caller), unit: '', outcome: 'denied', reason: 'malformed', detail });
    meter.decision(request.kind, 'denied', 'malformed', 0);
  }

  function blank(request: OriginalRequest, caller: OriginalCaller): Omit<DecisionRecord, 'id'> {
    return {
      atMs: clock.nowMs(),
      outcome: 'denied',
      reason: 'malformed',
      detail: '',
      chain: caller.chain,
      key: caller.key,
      duty: request.kind,
      unit: request.number,
      parts: [],
      digest: null,
      node: caller.node,
      incarnation: 'original',
      claimId: 'original',
      seq: null,
      via: 'original',
      tookMs: 0,
    };
  }

  return {
    claim,
    claimOriginal,
    inFlight: () => inFlight,
    async idle(timeoutMs) {
      if (inFlight === 0) return;
      const ending = new AbortController();
      const wake = () => ending.abort();
      idleListeners.add(wake);
      await clock.sleep(timeoutMs, ending.signal);
      idleListeners.delete(wake);
    },
  };
}

/** Words belong to format 2: services of the last release could not judge them. */
function wordOf(
  { ledger, peerSecret, format }: LedgerIdentity,
  { chain, key, duty }: Asked['claim'],
  { point }: Verdict,
): string | null {
  if (point === null || format === 1) return null;
  return encodeWord(point, { ledger, chain, key, duty }, peerSecret);
}

function original(verdict: Verdict): OriginalReply {
  return { allowed: verdict.outcome === 'granted', outcome: verdict.outcome, reason: verdict.reason };
}

/** Slots until two thirds of the slot, but never so short that a late question gets no answer; votes 30 s. */
function defaultBudgetMs(policy: Policy | null, claim: Asked['claim'], nowMs: number): number {
  if (claim.parts.includes('enter')) return ENTER_BUDGET_MS;
  const [slot] = claim.unit;
  if (claim.duty.ceiling !== 'clock' || policy === null || slot === undefined) return MAX_BUDGET_MS;
  const endMs = slotStartMs(policy.ceilings, slot) + (policy.ceilings.slotMs * 2) / 3;
  return Math.max(MIN_SLOT_BUDGET_MS, Math.round(endMs - nowMs));
}
