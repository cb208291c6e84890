import { type Asked, describeDecision } from '../claim/asked.ts';
import type { ClaimEngine } from '../claim/claims.ts';
import { PermitFault } from '../contract.ts';
import { notServing, type Verdict } from '../ground/verdict.ts';
import type { CoreModules } from '../modules.ts';
import { momentOf } from '../session/state.ts';

/** A claim in either protocol, before its budget began to run. */
export type Question = Pick<Asked, 'claim' | 'claimId' | 'via' | 'said'> & { readonly budgetMs: number };

/** Claims under way, bounded by `maxInFlight`. */
export interface UnderWay {
  count: number;
  /** By node. */
  readonly shares: Map<string, number>;
  /** Called when the last one ends. */
  readonly idle: Set<() => void>;
}

/** The parts of both protocols, and their claims under way. */
export interface Desk {
  readonly modules: CoreModules;
  readonly engine: ClaimEngine;
  readonly follow: (asked: Asked, verdict: Verdict) => void;
  readonly claims: UnderWay;
}

/**
 * A node may have as many under way as places are free: half if it asks alone, a third beside another one.
 * However many each node sends, a place stays free for the next node. Throws a PermitFault
 * `too-many-in-flight`.
 */
export async function counted<Result>(
  { modules, claims }: Desk,
  node: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const { maxInFlight } = modules.context.options;
  const { shares } = claims;
  const own = shares.get(node) ?? 0;
  const free = maxInFlight - claims.count;
  if (own >= free) throw tooMany(node, own, free, maxInFlight);
  claims.count += 1;
  shares.set(node, own + 1);
  try {
    return await work();
  } finally {
    claims.count -= 1;
    const left = (shares.get(node) ?? 1) - 1;
    if (left === 0) shares.delete(node);
    else shares.set(node, left);
    if (claims.count === 0) for (const wake of claims.idle) wake();
  }
}

function tooMany(node: string, own: number, free: number, max: number): PermitFault {
  const places = `${free} of the ${max} places (limits.maxInFlight) are free`;
  const message = `${node} has ${own} claims under way and ${places}; a node may have as many as are free`;
  const remedy = 'Ask again in a moment, or ask another service.';
  return new PermitFault('too-many-in-flight', 429, message, remedy);
}

/** Decides one claim that is counted: bounded in time, measured and recorded. */
export async function answer(
  { modules, engine, follow }: Desk,
  { budgetMs, ...question }: Question,
  signal: AbortSignal | undefined,
): Promise<Verdict> {
  const { session, context } = modules;
  const { clock, ledger, meter, failpoint } = context.parts;
  const arrivedMs = clock.monotonicMs();
  const asked: Asked = { ...question, arrivedMs, deadlineMs: arrivedMs + budgetMs };
  if (failpoint !== undefined) await failpoint('claim-received');
  const verdict =
    session.state() === 'serving' ? await engine.decide(asked, signal) : notServing(session, asked.claim);
  // A grant was recorded with its durable entry; another decision needs no durability.
  if (verdict.outcome !== 'granted') ledger.note(describeDecision(asked, verdict, momentOf(clock)));
  follow(asked, verdict);
  const tookMs = clock.monotonicMs() - arrivedMs;
  meter.decision(asked.claim.duty.name, verdict.outcome, verdict.reason, tookMs);
  if (failpoint !== undefined) await failpoint('before-reply');
  return verdict;
}
