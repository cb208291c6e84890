import type { Message } from '../quorum/messages.ts';
import { valueDigest } from '../quorum/value.ts';
import { sign } from './byzantine-message.ts';
import type { ByzantineParts, ByzantineSelf } from './byzantine-parts.ts';
import { type Speech, speechOf } from './byzantine-speech.ts';
import type { Traits } from './byzantine-traits.ts';
import { choiceOf, otherValue, valueFor, wrongsOf } from './byzantine-values.ts';
import { contentOf } from './content.ts';
import { TOOL, WINDOWS } from './group-setup.ts';
import { BLOCK_MS } from './simulated-chain.ts';

export interface ByzantineMember {
  /** A message of an honest member, at the moment in which it is sent. */
  overhear(message: Message): void;
  /** A rank begins. */
  enter(rank: number): void;
}

const FIRST_SILENT_RANK = 2;

/** A member that signs whatever its key can sign. Its traits last for a window. */
export function byzantineMemberOf(parts: ByzantineParts, seat: number, traits: Traits): ByzantineMember {
  const self: ByzantineSelf = { parts, seat, traits };
  const speech = speechOf(self);
  const isSilent = (rank: number) => traits.isSilent || (traits.fallsSilent && rank >= FIRST_SILENT_RANK);
  return {
    overhear: ({ header, statement }) => {
      if (isSilent(header.rank) || !(statement.kind === 'propose' || statement.kind === 'prepare')) return;
      speech.vote(header.rank, statement.digest);
    },
    enter: (rank) => {
      if (isSilent(rank)) return;
      if (traits.bluffs) parts.note('quorums that were not');
      if (traits.bluffs) bluff(self, rank);
      else if (rank > 0) change(self, speech, rank);
      if (parts.plan.leaders[rank] === seat || traits.impersonates) {
        parts.later.after(parts.prng.between(100, BLOCK_MS), () => lead(self, speech, rank));
      }
      if (rank === 0) flood(self);
    },
  };
}

/** Proposes, once there is a justification, one value or two. */
function lead(self: ByzantineSelf, speech: Speech, rank: number, patience = 4): void {
  const { parts, seat, traits } = self;
  const { setup, plan, pool, later, prng } = parts;
  const chances = pool.chances(rank);
  const [first] = chances;
  if (patience > 0 && (first === undefined || (traits.forgets && first.forced !== null))) {
    // Another rank-change may follow that leaves the choice.
    later.after(BLOCK_MS / 2, () => lead(self, speech, rank, patience - 1));
    return;
  }
  if (first === undefined) return;
  const second = chances.at(-1) ?? first;
  const misdeeds = plan.leaders[rank] === seat ? [] : (['impersonation'] as const);
  const value = valueFor(self, rank, first);
  const wrong = wrongsOf(self, rank, first, value);
  if (!traits.tellsTwo) {
    speech.propose(rank, first, value, setup.honest, [...misdeeds, ...wrong]);
    return;
  }
  const some = prng.some(setup.honest, 0.5);
  const others = prng.chance(0.3) ? setup.honest : setup.honest.filter((each) => !some.includes(each));
  speech.propose(rank, first, value, some, [...misdeeds, ...wrong]);
  speech.propose(rank, second, second.forced ?? otherValue(self, rank), others, misdeeds);
}

/** Signs a rank-change, and claims the highest prepared value or, by its traits, none. */
function change({ parts: { pool, prng }, traits }: ByzantineSelf, speech: Speech, rank: number): void {
  const prepared = traits.forgets ? null : pool.prepared(rank);
  const heard = prng.chance(0.5);
  if (prepared === null) speech.tell(rank, { kind: 'rank-change', prepared: null, heard });
  else {
    const { rank: at, digest, value, votes } = prepared;
    speech.tell(rank, { kind: 'rank-change', prepared: { rank: at, digest }, heard }, { value, votes });
  }
}

/** Quorums made of one signature under many names. */
function bluff({ parts, seat }: ByzantineSelf, rank: number): void {
  const { setup, plan, prng } = parts;
  const value = choiceOf(plan, TOOL, contentOf(plan.window.index, `${seat}/${rank}/bluff`));
  const digest = valueDigest(value);
  const votesFor = (kind: 'prepare' | 'commit', at: number) => {
    const { signature } = sign(parts, { seat, rank: at }, { kind, digest }).message;
    return setup.keys.map((_, each) => ({ seat: each, signature }));
  };
  const certificate = { value, votes: votesFor('commit', rank) };
  const bluffs = [sign(parts, { seat, rank }, { kind: 'certificate', digest }, certificate)];
  if (rank > 0) {
    const prepared = { rank: prng.between(0, rank - 1), digest };
    const claim = { kind: 'rank-change', prepared, heard: true } as const;
    bluffs.push(sign(parts, { seat, rank }, claim, { value, votes: votesFor('prepare', prepared.rank) }));
  }
  for (const each of bluffs) parts.slip(setup.honest, { ...each, isSound: false });
}

/** Well-signed votes for values without a proposal. */
function flood({ parts, seat, traits: { flood: count } }: ByzantineSelf): void {
  const { setup, prng } = parts;
  if (count > 0) parts.note('floods');
  for (let i = 0; i < count; i++) {
    const statement = { kind: prng.pick(['prepare', 'commit'] as const), digest: prng.bytes(32) };
    const to = [prng.pick(setup.honest)];
    parts.slip(to, sign(parts, { seat, rank: prng.between(0, WINDOWS.rankCount - 1) }, statement));
  }
}
