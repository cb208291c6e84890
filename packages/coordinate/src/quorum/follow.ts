import type { Validation } from '../rules.ts';
import { factsDigest } from './attachments.ts';
import { hexOf } from './digest.ts';
import { attributeContent, BUSY } from './fault-attribution.ts';
import { forbids, holdsResource, mayRun } from './lease.ts';
import { MAX_FACTS_BYTES, MAX_NAME_BYTES } from './limits.ts';
import type { Value } from './messages.ts';
import { placed } from './places.ts';
import { leaseProblem, proposalIn, type TakenProposal } from './proposals.ts';
import { isVoting } from './rank.ts';
import type { Validity } from './round.ts';
import { HAND_OVER, NOOP } from './self.ts';
import { change, type QuorumTurn, speak, tell } from './turn.ts';
import { encodeValue } from './value.ts';

const NO_FACTS = new Uint8Array();

/**
 * Takes the proposal of the own rank: has it judged once, then prepares it or refuses it (Moniz,
 * arXiv:2002.03613, algorithm 2; the judgement replaces its external validity). Returns whether it signed or
 * asked.
 */
export function follow(turn: QuorumTurn): boolean {
  const { plan, round } = turn;
  const proposal = proposalIn(plan, round, round.rank);
  if (proposal === null || !isVoting(turn) || round.abstains !== null) return false;
  const validity = round.validity.get(proposal.key) ?? null;
  if (validity === null) return judge(turn, proposal);
  if (validity.state === 'valid') {
    return speak(turn, round.rank, { kind: 'prepare', digest: proposal.statement.digest });
  }
  return validity.state === 'refused' && refuse(turn, proposal, validity);
}

/** Gives a verdict without the validator if possible; otherwise asks the validator. */
function judge(turn: QuorumTurn, { key, value }: TakenProposal): boolean {
  const busy = isForbidden(turn, value) ? BUSY : null;
  if (value.action === NOOP) noteIdleProposal(turn);
  const wrong = ownRefusal(turn, key) ?? leaseProblem(turn.plan, value) ?? busy;
  if (wrong !== null) know(turn, key, { state: 'refused', code: wrong, facts: NO_FACTS });
  else if (value.action === NOOP) know(turn, key, { state: 'valid' });
  else ask(turn, key, value);
  return true;
}

/**
 * Not a fault, because the leader may have nothing to propose. Only the frequency of this note shows a leader
 * that withholds work.
 */
function noteIdleProposal(turn: QuorumTurn): void {
  const { plan, round } = turn;
  const work = plan.checklist.filter(({ action }) => action !== HAND_OVER);
  if (work.length === 0 || isBusy(turn)) return;
  const leader = plan.group.members[plan.leaders[round.rank] ?? -1]?.name ?? '';
  const due = work.map(({ action }) => action).join(', ');
  tell(
    turn,
    'noop-while-due',
    `${leader} proposed a noop in rank ${round.rank}, although ${due} is due`,
    leader,
  );
}

/**
 * Whether a lease of an earlier window, for which this member committed or saw a certificate, may run when
 * this window is over. Another member may use it even if this one does not. Also true while the group has not
 * taken over the resource from its predecessor.
 */
export function isBusy({ self, plan, round }: QuorumTurn): boolean {
  const { end } = plan.window;
  return mayRun(round.earlier, end) || !holdsResource(self, end);
}

/**
 * The same for a value: a member that is busy with a hand-over without a certificate signs that hand-over
 * again.
 */
export function isForbidden({ self, plan, round }: QuorumTurn, value: Value): boolean {
  const { end } = plan.window;
  if (value.action === NOOP) return false;
  return forbids(round.earlier, value, end) || !holdsResource(self, end);
}

function ask(turn: QuorumTurn, key: string, value: Value): void {
  know(turn, key, { state: 'asked' });
  turn.asks.push({ kind: 'validate', key, subject: encodeValue(value) });
}

/** At a further height: asks the validator again if its answer on the current proposal was unknown. */
export function askAgain(turn: QuorumTurn): void {
  const { plan, round } = turn;
  const proposal = proposalIn(plan, round, round.rank);
  if (proposal === null || !isVoting(turn)) return;
  if (round.validity.get(proposal.key)?.state === 'unknown') ask(turn, proposal.key, proposal.value);
}

/** Takes an answer of the validator. An answer without a question is dropped. */
export function onValidated(turn: QuorumTurn, key: string, answer: Validation): void {
  if (turn.round.validity.get(key)?.state !== 'asked') {
    turn.dropped = 'late';
    return;
  }
  if (answer.result !== 'refused') {
    know(turn, key, { state: answer.result });
    return;
  }
  const facts = answer.facts.length <= MAX_FACTS_BYTES ? answer.facts : NO_FACTS;
  know(turn, key, { state: 'refused', code: codeOf(answer.code), facts });
}

export function know(turn: QuorumTurn, key: string, validity: Validity): void {
  change(turn, { validity: new Map(turn.round.validity).set(key, validity) });
}

/** Codes are sent as names. A code that is not a name becomes `refused`. */
function codeOf(code: string): string {
  return code.length <= MAX_NAME_BYTES && /^[a-z][a-z0-9-]*$/.test(code) ? code : 'refused';
}

/** Refuses each digest once, in the rank in which it came first. */
function refuse(
  turn: QuorumTurn,
  { statement: { digest }, key }: TakenProposal,
  { code, facts }: Extract<Validity, { readonly state: 'refused' }>,
): boolean {
  if (ownRefusal(turn, key) !== null) return false;
  const statement = { kind: 'refusal', digest, code, facts: factsDigest(facts) } as const;
  const spoke = speak(turn, turn.round.rank, statement, { bytes: facts });
  if (spoke) attributeContent(turn, digest);
  return spoke;
}

/** The code under which this member refused a value before, also before a restart. */
export function ownRefusal({ self, plan, round }: QuorumTurn, key: string): string | null {
  for (let rank = 0; rank < plan.group.windows.rankCount; rank++) {
    const own = placed(round.places, 'refusal', rank, self.seat)?.statement;
    if (own?.kind === 'refusal' && hexOf(own.digest) === key) return own.code;
  }
  return null;
}
