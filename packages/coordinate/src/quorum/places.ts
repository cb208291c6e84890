import { hexOf } from './digest.ts';
import type { Message, MessageKind, Vote } from './messages.ts';

/**
 * The signed messages of a window: for each kind and rank at most one of each seat, the first to arrive. So
 * the size of the group bounds them.
 */
export type Places = ReadonlyMap<string, ReadonlyMap<number, Message>>;

export const NO_PLACES: Places = new Map();

const NOBODY: ReadonlyMap<number, Message> = new Map();

/** All messages of a kind in a rank, by seat. */
export function placesOf(places: Places, kind: MessageKind, rank: number): ReadonlyMap<number, Message> {
  return places.get(`${kind}/${rank}`) ?? NOBODY;
}

export function placed(places: Places, kind: MessageKind, rank: number, seat: number): Message | null {
  return placesOf(places, kind, rank).get(seat) ?? null;
}

/**
 * The places with one more message. Throws if the place is taken: callers check first, and a message is never
 * replaced.
 */
export function withMessage(places: Places, message: Message): Places {
  const { rank, seat } = message.header;
  const { kind } = message.statement;
  const taken = placesOf(places, kind, rank);
  if (taken.has(seat)) throw new Error(`seat ${seat} has a ${kind} in rank ${rank} already`);
  return new Map(places).set(`${kind}/${rank}`, new Map(taken).set(seat, message));
}

/** Everything that one seat signed, in the order in which the places were made. */
export function signedBy(places: Places, seat: number): readonly Message[] {
  return [...places.values()].flatMap((bySeat) => {
    const message = bySeat.get(seat);
    return message === undefined ? [] : [message];
  });
}

/** Votes for one digest. */
export interface Tally {
  readonly digest: Uint8Array;
  /** Of different seats, in order of seat. */
  readonly votes: readonly Vote[];
}

/** The votes of a kind in these ranks, by digest; a seat counts once for a digest. */
export function tallies(
  places: Places,
  kind: 'prepare' | 'commit',
  ranks: readonly number[],
): readonly Tally[] {
  const found = new Map<string, { readonly digest: Uint8Array; readonly votes: Map<number, Vote> }>();
  for (const rank of ranks) {
    for (const [seat, { statement, signature }] of placesOf(places, kind, rank)) {
      if (statement.kind !== kind) continue;
      const key = hexOf(statement.digest);
      const tally = found.get(key) ?? { digest: statement.digest, votes: new Map() };
      tally.votes.set(seat, { seat, signature });
      found.set(key, tally);
    }
  }
  return [...found.values()].map(({ digest, votes }) => ({
    digest,
    votes: [...votes.values()].sort((left, right) => left.seat - right.seat),
  }));
}
