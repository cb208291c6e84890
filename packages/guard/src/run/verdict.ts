import type { KeyName } from '../custody/key-name.ts';
import type { KeyCheck } from '../custody/registered.ts';
import type { Continuity } from '../restart/continuity.ts';
import { DEFAULT_SLOT_RULE, type SlotFacts, slotStep } from '../restart/slots.ts';
import { DEFAULT_VOTE_RULE, type VoteReturn, voteSentence } from '../restart/votes.ts';

/** The guard's decision for one key: whether the guard places it, and the reason in one sentence. */
export interface Verdict {
  readonly name: KeyName;
  readonly state: 'open' | 'waiting' | 'refused';
  readonly say: string;
}

export interface Facts {
  readonly check: KeyCheck;
  readonly continuity: Continuity | null;
  readonly votes: VoteReturn;
  readonly slots: SlotFacts | null;
  /** Why the role of this machine in its pair allows no key; null: it allows them, or there is no pair. */
  readonly standby: string | null;
  /** Milliseconds since 1970, as the time of death in `votes`. */
  readonly nowMs: number;
}

export const DEFAULT_RULES = {
  votes: DEFAULT_VOTE_RULE,
  slots: DEFAULT_SLOT_RULE,
  /**
   * How long a key that authors waits for the votes at most, in milliseconds. The wait has an end, so that
   * guards that all wait cannot stop a chain that finalises nothing.
   */
  listenMs: 60_000,
};
export type Rules = Readonly<typeof DEFAULT_RULES>;

export type Decision = ReturnType<typeof decideKeys>;

/**
 * Decides for every key. Pure. `writeMark`: write it durably, then decide again, since an author's key is
 * placed only below a durable mark.
 */
export function decideKeys(names: readonly KeyName[], facts: Facts, rules: Rules) {
  const held = heldByRole(facts) ?? heldByChain(facts.check);
  if (held !== null) return { verdicts: names.map((name) => ({ name, ...held })), writeMark: null };
  const [author, mark] = authorVerdict(facts, rules);
  const verdicts = names.map((name) => ({ name, ...verdictOf(name, facts, rules, author) }));
  const authors = names.some(({ danger }) => danger === 'authors');
  return { verdicts, writeMark: authors ? mark : null };
}

type Outcome = Pick<Verdict, 'state' | 'say'>;

/** All kinds: keys are placed on one machine only, also those that do no harm that is slashed. */
const heldByRole = ({ standby }: Facts): Outcome | null => (standby === null ? null : waits(standby));

/** Keys that do not match the chain stay away, all of them: they are of another validator, or of the past. */
function heldByChain(check: KeyCheck): Outcome | null {
  if (check.state === 'mismatch') return refuses(check.say);
  if (check.state !== 'unknown') return null;
  return waits('waits until the own node has synchronised, to compare the keys with the chain');
}

const opens = (say: string): Outcome => ({ state: 'open', say });
const waits = (say: string): Outcome => ({ state: 'waiting', say });
const refuses = (say: string): Outcome => ({ state: 'refused', say });

function verdictOf({ danger }: KeyName, facts: Facts, rules: Rules, author: Outcome): Outcome {
  if (danger === 'authors') return author;
  if (danger === 'votes') return voteVerdict(facts, rules);
  return opens('two processes with it do no harm that is slashed');
}

/** The second part is the mark to write. */
function authorVerdict(facts: Facts, rules: Rules): readonly [Outcome, bigint | null] {
  const held = heldByVotes(facts, rules);
  if (held !== null) return [held, null];
  const { slots } = facts;
  if (slots === null) return [waits('waits for the slots of the chain'), null];
  const step = slotStep(slots, rules.slots);
  const at = `slot ${slots.now}, mark ${slots.mark ?? 'none'}`;
  switch (step.step) {
    case 'wait':
      return [waits(`waits until slot ${step.until} is over: slot ${slots.now}`), null];
    case 'write-mark':
      return [slots.own ? opens(at) : waits(at), step.mark];
    case 'open':
      return [opens(at), null];
    case 'withdraw':
      return [refuses(`the clock is outside of the durable slots: ${at}`), null];
  }
}

/**
 * A clone that votes also authors. So a key that authors listens as well, unless the database is proven, but
 * not longer than `listenMs`.
 */
function heldByVotes({ continuity, votes, nowMs }: Facts, { listenMs, votes: rule }: Rules): Outcome | null {
  if (votes.phase === 'clone') return refuses(voteSentence(votes, rule));
  if (continuity?.state === 'proven' || votes.phase === 'free') return null;
  const leftMs = votes.deadAtMs + listenMs - nowMs;
  if (leftMs <= 0) return null;
  return waits(`listens for a clone, ${Math.ceil(leftMs / 1_000)} s at most: ${voteSentence(votes, rule)}`);
}

function voteVerdict({ votes }: Facts, rules: Rules): Outcome {
  const say = voteSentence(votes, rules.votes);
  if (votes.phase === 'clone') return refuses(say);
  return votes.phase === 'free' ? opens(say) : waits(say);
}
