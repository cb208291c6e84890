import { counted } from '@watchbill/kit';
import { compareRounds, type Round, roundText } from './round.ts';

/**
 * The rule of votes: when a `gran` or `beef` key may be placed again after an unclean stop. Pure steps over
 * reports; why the rule holds is in docs/decisions/0039-guard.md.
 */
export const DEFAULT_VOTE_RULE = {
  /** Independent nodes whose reports make the bound. At least 2. */
  witnesses: 2,
  /** Rounds above the bound that reached their threshold without a vote of the own id. At least 1. */
  quietRounds: 2,
  /** Authorities that a set needs for an automatic return. At least 4: three tolerate no faulty one. */
  minAuthorities: 4,
  /** How far the clock of an author may be from the clock of this machine, in milliseconds. */
  clockMarginMs: 10_000,
};
export type VoteRule = Readonly<typeof DEFAULT_VOTE_RULE>;

/** One reading of a voter: of the own keyless node, or of an independent one. */
export interface VoterReport {
  readonly node: string;
  readonly own: boolean;
  /** The best round of the voter, known to belong to the set. */
  readonly best: Round;
  /** When the slot of the node's finalised head began, in milliseconds since 1970. */
  readonly finalizedAuthoredAtMs: number;
  readonly authorities: number;
  /**
   * Rounds of this reading that reached the threshold of precommits, and whether the own id voted in them.
   */
  readonly rounds: readonly HeardRound[];
}

export interface HeardRound {
  readonly at: Round;
  /** The own id has a prevote or a precommit in this round. */
  readonly voted: boolean;
  /** The weight of precommits reached the threshold, so a vote that was sent has most likely arrived. */
  readonly complete: boolean;
}

export type VoteEvent =
  | { readonly type: 'report'; readonly report: VoterReport }
  | { readonly type: 'person-allows'; readonly by: string; readonly reason: string };

interface Waiting {
  /** When the old process was confirmed dead, in milliseconds since 1970. */
  readonly deadAtMs: number;
  readonly mark: Round | null;
  /** The highest round of each witness, by its name. */
  readonly witnesses: ReadonlyMap<string, Round>;
  readonly bound: Round | null;
  readonly ownBest: Round | null;
  /** Rounds, for example `12/803`. */
  readonly quiet: ReadonlySet<string>;
  readonly authorities: number | null;
}

export type VoteReturn =
  | (Waiting & { readonly phase: 'waiting' })
  /** The own id was seen in a round that the old process never entered: another process has the key. */
  | (Waiting & { readonly phase: 'clone'; readonly seenBy: string; readonly at: Round })
  | { readonly phase: 'free'; readonly by: string | null; readonly reason: string | null };

/**
 * Begins to wait, from the moment at which the old process was confirmed dead. `mark`: the highest round in
 * which the guard saw the own voter with its key; null if it never did.
 */
export function awaitVotes(deadAtMs: number, mark: Round | null): VoteReturn {
  const none = { bound: null, ownBest: null, quiet: new Set<string>(), authorities: null };
  return { phase: 'waiting', deadAtMs, mark, witnesses: new Map(), ...none };
}

/** One step. A clone, once seen, stays seen: only a new start of the wait forgets it. */
export function stepVotes(state: VoteReturn, event: VoteEvent, rule: VoteRule): VoteReturn {
  if (state.phase !== 'waiting') return state;
  if (event.type === 'person-allows') return { phase: 'free', by: event.by, reason: event.reason };
  const next = hear(state, event.report, rule);
  const clone = cloneIn(next, event.report);
  if (clone !== null) return { ...next, phase: 'clone', seenBy: event.report.node, at: clone };
  return mayReturn(next, rule) ? { phase: 'free', by: null, reason: null } : next;
}

type WaitingState = Extract<VoteReturn, { phase: 'waiting' }>;

function hear(state: WaitingState, report: VoterReport, rule: VoteRule): WaitingState {
  const authorities = Math.min(state.authorities ?? report.authorities, report.authorities);
  const seen: WaitingState = { ...state, authorities };
  const bounded = report.own ? { ...seen, ownBest: report.best } : witness(seen, report, rule);
  if (bounded.bound === null || !report.own) return bounded;
  return { ...bounded, quiet: listen(bounded, bounded.bound, report) };
}

/** The bound is settled once: later reports show rounds that began after the death. */
function witness(state: WaitingState, report: VoterReport, rule: VoteRule): WaitingState {
  const passed = report.finalizedAuthoredAtMs > state.deadAtMs + rule.clockMarginMs;
  if (state.bound !== null || !passed) return state;
  const witnesses = new Map(state.witnesses).set(report.node, report.best);
  // A witness may report a voter that lags behind its finalised head. The mark needs no witness.
  const rounds = [...witnesses.values(), ...(state.mark === null ? [] : [state.mark])];
  const highest = rounds.toSorted(compareRounds).at(-1) ?? null;
  return { ...state, witnesses, bound: witnesses.size < rule.witnesses ? null : highest };
}

/** Only the votes that the own node sees count: one dishonest witness could report silence. */
function listen(state: WaitingState, bound: Round, report: VoterReport): ReadonlySet<string> {
  const quiet = new Set(state.quiet);
  for (const { at, voted, complete } of report.rounds) {
    if (complete && !voted && compareRounds(at, bound) > 0) quiet.add(`${at.setId}/${at.round}`);
  }
  return quiet;
}

function cloneIn({ bound }: WaitingState, report: VoterReport): Round | null {
  if (bound === null) return null;
  return report.rounds.find(({ at, voted }) => voted && compareRounds(at, bound) > 0)?.at ?? null;
}

/** A quiet round is complete in the own voter, so the own voter is past the bound as well. */
function mayReturn({ bound, quiet, authorities }: WaitingState, rule: VoteRule): boolean {
  return bound !== null && (authorities ?? 0) >= rule.minAuthorities && quiet.size >= rule.quietRounds;
}

/** One sentence for a person: the condition for which the key waits, and the remedy if it is never met. */
export function voteSentence(state: VoteReturn, rule: VoteRule): string {
  if (state.phase === 'free') {
    return state.by === null ? 'its votes are safe' : `${state.by} allowed it: ${state.reason}`;
  }
  if (state.phase === 'clone') {
    return `another process votes with this key: ${state.seenBy} saw its vote in ${roundText(state.at)}. Find that process and stop it`;
  }
  return waitingSentence(state, rule);
}

function waitingSentence(state: WaitingState, rule: VoteRule): string {
  const { bound, ownBest, quiet, authorities, witnesses, mark } = state;
  // A person who decides without the rule has to know it.
  const seen = mark === null ? '' : `; this key was last seen voting in ${roundText(mark)}`;
  if (authorities !== null && authorities < rule.minAuthorities) {
    return `waits for a person: the set has ${counted(authorities, 'authority', 'authorities')}, and the rule needs ${rule.minAuthorities}${seen}`;
  }
  if (bound === null) {
    return `waits until ${rule.witnesses} independent nodes finalise a block from after the stop: ${witnesses.size} of ${rule.witnesses} did${seen}`;
  }
  const own = ownBest === null ? 'no round yet' : roundText(ownBest);
  if (ownBest === null || compareRounds(ownBest, bound) <= 0) {
    return `waits until the own voter passes ${roundText(bound)}: it is at ${own}`;
  }
  return `listens for a clone: ${quiet.size} of ${rule.quietRounds} rounds without a vote of this key`;
}
