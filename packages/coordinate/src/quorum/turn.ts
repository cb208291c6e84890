import type { Fault } from '../faults.ts';
import { SignerUnavailable } from '../keys/signer-unavailable.ts';
import { type Ask, type Note, quiet, type Verdict } from '../rules.ts';
import { encodeMessage, NO_ATTACHMENT } from './codec.ts';
import { faultyOf, quorumOf } from './group.ts';
import { encodeMemory } from './memory.ts';
import type { Attachment, Message, Statement } from './messages.ts';
import { placed, withMessage } from './places.ts';
import type { QuorumPlan } from './plan-port.ts';
import type { QuorumRound } from './round.ts';
import { QUORUM_FRAME, type QuorumSelf, SAFE_SWITCHES, type Switches } from './self.ts';
import { domainOf, signStatement } from './signing.ts';

/** One event under way. It is changed in place and never leaves the event; rounds themselves are not. */
export interface QuorumTurn {
  readonly self: QuorumSelf;
  readonly plan: QuorumPlan;
  readonly switches: Switches;
  round: QuorumRound;
  /** Whether something changed that must outlive a restart. */
  mustRemember: boolean;
  dropped: string | null;
  readonly asks: Ask[];
  readonly faults: Fault[];
  readonly notes: Note[];
}

export function turnOf(self: QuorumSelf, plan: QuorumPlan, round: QuorumRound): QuorumTurn {
  const switches = { ...SAFE_SWITCHES, ...self.switches };
  const silenced = round.abstains === null ? (self.silenced?.() ?? null) : null;
  return {
    self,
    plan,
    switches,
    round: silenced === null ? round : { ...round, abstains: silenced },
    // The other holder of the key may have signed in this window.
    mustRemember: silenced !== null,
    dropped: null,
    asks: [],
    faults: [],
    notes: [],
  };
}

export function verdictOf(turn: QuorumTurn): Verdict<QuorumRound> {
  const { round, asks, faults, notes, dropped, mustRemember } = turn;
  const memory = mustRemember ? encodeMemory(turn) : null;
  return { ...quiet(round), asks, faults, notes, dropped, memory };
}

export function change(turn: QuorumTurn, changes: Partial<QuorumRound>): void {
  turn.round = { ...turn.round, ...changes };
}

/** The size of a quorum of this group. */
export function quorumIn({ plan, switches }: QuorumTurn): number {
  return quorumOf(plan.group.members.length) + switches.quorum;
}

/** The number of members of which at least one is honest. */
export function someHonest({ plan }: QuorumTurn): number {
  return faultyOf(plan.group.members.length) + 1;
}

/** Reports a note once in a window, for each `code` and `about`. */
export function tell(turn: QuorumTurn, code: string, text: string, about = ''): void {
  const key = `${code}/${about}`;
  if (turn.round.told.has(key)) return;
  change(turn, { told: new Set(turn.round.told).add(key) });
  turn.notes.push({ code, text });
}

/**
 * Signs a statement, remembers it and sends it, unless this member signed a statement in that place before,
 * which is repeated anyway. Returns whether it signed; false also if the signer is unavailable. Throws a
 * RangeError for a value that no message can hold.
 */
export function speak(
  turn: QuorumTurn,
  rank: number,
  statement: Statement,
  attached: Partial<Attachment> = {},
): boolean {
  const { self, round } = turn;
  if (round.abstains !== null || placed(round.places, statement.kind, rank, self.seat) !== null) return false;
  const message = signed(turn, rank, statement, attached);
  if (message === null) return false;
  send(turn, message);
  change(turn, { places: withMessage(turn.round.places, message) });
  turn.mustRemember = true;
  return true;
}

/** Null while the signer of this member gives no signature: it stays silent, and tries again later. */
export function signed(
  turn: QuorumTurn,
  rank: number,
  statement: Statement,
  attached: Partial<Attachment> = {},
): Message | null {
  const { self, plan } = turn;
  const header = {
    version: plan.version.version,
    window: plan.window.index,
    rank,
    seat: self.seat,
  };
  try {
    const signature = signStatement(self.key, domainOf(plan), header, statement);
    return { header, statement, attachment: { ...NO_ATTACHMENT, ...attached }, signature };
  } catch (error) {
    if (!(error instanceof SignerUnavailable)) throw error;
    tell(turn, 'signer-failed', `cannot sign ${statement.kind}: ${error.message}`);
    return null;
  }
}

/** The runner stores the memory before it sends any of this. */
export function send(turn: QuorumTurn, message: Message): void {
  const payload = encodeMessage(domainOf(turn.plan), message);
  turn.asks.push({ kind: 'broadcast', type: QUORUM_FRAME, payload });
}
