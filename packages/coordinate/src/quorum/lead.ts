import { hexOf } from './digest.ts';
import { isBusy, isForbidden, know, ownRefusal } from './follow.ts';
import type { Justification, Value } from './messages.ts';
import { placed, placesOf } from './places.ts';
import type { QuorumPlan } from './plan-port.ts';
import { justificationOf, mustPropose } from './proof.ts';
import { justificationDigest } from './proof-codec.ts';
import { isVoting } from './rank.ts';
import type { Leading } from './round.ts';
import { NOOP, type QuorumProposal } from './self.ts';
import { change, type QuorumTurn, quorumIn, speak } from './turn.ts';
import { valueDigest } from './value.ts';

/** How often the generator is asked in one rank. */
export const TRIES_PER_RANK = 3;

/** The next statement of a leader in its rank. */
interface Chance {
  readonly justification: Justification | null;
  /** The value that it must propose again; null if it may choose. */
  readonly forced: Value | null;
}

/**
 * The leader of rank 0 proposes what its generator makes. The leader of a later rank waits for a quorum of
 * rank-changes, and proposes again what was prepared highest in it, if anything was (Moniz, arXiv:2002.03613,
 * algorithms 1 and 3). Returns whether it proposed or asked.
 */
export function lead(turn: QuorumTurn): boolean {
  const chance = chanceOf(turn);
  if (chance === null) return false;
  if (chance.forced !== null) return propose(turn, chance, chance.forced);
  if (turn.round.leading?.rank === turn.round.rank) return false;
  // It would have to refuse any other proposal itself, except a hand-over that it signed before.
  const isOpen = (turn.round.earlier.handOver?.open ?? null) !== null;
  if (isBusy(turn) && !isOpen) return proposeProblem(turn, chance, noopValue(turn.plan)) === null;
  generate(turn, []);
  return true;
}

/** At a further height: a generator that failed in this rank is asked again. */
export function leadAgain(turn: QuorumTurn): void {
  const { leading, rank } = turn.round;
  if (leading === null || leading.rank !== rank || leading.isWaiting) return;
  if (leading.errors.length < TRIES_PER_RANK && chanceOf(turn) !== null) generate(turn, leading.errors);
}

/** Takes the answer of the generator. A late answer for an earlier rank has no effect. */
export function onProposal(turn: QuorumTurn, attempt: number, proposal: QuorumProposal): void {
  const leading = awaited(turn, attempt);
  if (leading === null) return;
  const chance = chanceOf(turn);
  if (chance === null) {
    turn.dropped = 'late';
    change(turn, { leading: { ...leading, isWaiting: false } });
    return;
  }
  const generated = generatedValue(turn.plan, proposal);
  const isRefusedHere = typeof generated !== 'string' && isForbidden(turn, generated);
  const value = isRefusedHere ? noopValue(turn.plan) : generated;
  const problem = typeof value === 'string' ? value : proposeProblem(turn, chance, value);
  if (problem !== null) fail(turn, leading, problem);
}

export function onNoProposal(turn: QuorumTurn, attempt: number, why: string): void {
  const leading = awaited(turn, attempt);
  if (leading !== null) fail(turn, leading, why);
}

/**
 * Null if this member may not propose now: it does not lead, has already proposed, or lacks the
 * justification.
 */
function chanceOf(turn: QuorumTurn): Chance | null {
  const { self, plan, round } = turn;
  const { rank } = round;
  if (!isVoting(turn) || round.abstains !== null || plan.leaders[rank] !== self.seat) return null;
  if (placed(round.places, 'propose', rank, self.seat) !== null) return null;
  if (rank === 0) return { justification: null, forced: null };
  const changes = [...placesOf(round.places, 'rank-change', rank).values()];
  if (changes.length < quorumIn(turn)) return null;
  const justification = justificationOf(plan, changes);
  if (justification === null) return null;
  return { justification, forced: mustPropose(justification, changes)?.attachment.value ?? null };
}

function generate(turn: QuorumTurn, errors: readonly string[]): void {
  const attempt = (turn.round.leading?.attempt ?? 0) + 1;
  change(turn, { leading: { rank: turn.round.rank, attempt, isWaiting: true, errors } });
  turn.asks.push({ kind: 'generate', attempt });
}

function awaited(turn: QuorumTurn, attempt: number): Leading | null {
  const { leading } = turn.round;
  if (leading?.isWaiting && leading.attempt === attempt) return leading;
  turn.dropped = 'late';
  return null;
}

function fail(turn: QuorumTurn, leading: Leading, why: string): void {
  change(turn, { leading: { ...leading, isWaiting: false, errors: [...leading.errors, why] } });
}

/**
 * The value of a generated proposal, or why the leader must not propose it, because that would be the
 * leader's fault.
 */
function generatedValue(plan: QuorumPlan, { action, content }: QuorumProposal): Value | string {
  if (action === NOOP) {
    return content.length === 0 ? noopValue(plan) : 'the generator returned a noop with content';
  }
  const item = plan.checklist.find((due) => due.action === action);
  if (item === undefined) return `the generator returned ${action}, which is not due in this window`;
  const { referenceHash, group } = plan;
  return { action, resource: group.resource, validityBlocks: item.validityBlocks, referenceHash, content };
}

function noopValue({ referenceHash, group }: QuorumPlan): Value {
  const content = new Uint8Array();
  return { action: NOOP, resource: group.resource, validityBlocks: 0n, referenceHash, content };
}

/** Proposes the generated value. Returns the reason if it cannot, otherwise null. */
function proposeProblem(turn: QuorumTurn, chance: Chance, value: Value): string | null {
  try {
    const key = hexOf(valueDigest(value));
    const known = turn.round.validity.get(key);
    const refusal = known?.state === 'refused' ? known.code : ownRefusal(turn, key);
    if (refusal !== null) return `the generator returned a value that this node refused before: ${refusal}`;
    if (!propose(turn, chance, value)) return 'the proposal could not be signed';
    // Generated here from the block that would also judge it.
    if (known === undefined) know(turn, key, { state: 'valid' });
    return null;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function propose(turn: QuorumTurn, { justification }: Chance, value: Value): boolean {
  const { plan, round } = turn;
  const statement = {
    kind: 'propose',
    seedInput: plan.seedInput,
    referenceHash: plan.referenceHash,
    digest: valueDigest(value),
    action: value.action,
    justification: justification === null ? null : justificationDigest(justification),
  } as const;
  return speak(turn, round.rank, statement, { value, justification });
}
