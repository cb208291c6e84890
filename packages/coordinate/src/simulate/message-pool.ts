import { hexOf } from '../quorum/digest.ts';
import { quorumOf } from '../quorum/group.ts';
import type { Justification, Message, Value, Vote } from '../quorum/messages.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import { justificationOf, mustPropose } from '../quorum/proof.ts';

/** All messages of a window; Byzantine members see all of them. */
export interface MessagePool {
  note(message: Message): void;
  value(digest: Uint8Array): Value | null;
  values(): readonly Value[];
  /** A quorum of prepares of the highest rank below this one, if there is any. */
  prepared(below: number): {
    readonly rank: number;
    readonly value: Value;
    readonly digest: Uint8Array;
    readonly votes: readonly Vote[];
  } | null;
  /** The proposals that a leader of this rank could justify. */
  chances(rank: number): readonly Chance[];
}

/** `forced` is null if the justification leaves the choice. */
export interface Chance {
  readonly justification: Justification | null;
  readonly forced: Value | null;
}

export function messagePoolOf(plan: QuorumPlan): MessagePool {
  const values = new Map<string, Value>();
  const prepares = new Map<
    string,
    { readonly rank: number; readonly digest: Uint8Array; readonly votes: Map<number, Vote> }
  >();
  const changes = new Map<number, Map<number, Message>>();
  const quorum = quorumOf(plan.group.members.length);
  const value = (digest: Uint8Array) => values.get(hexOf(digest)) ?? null;
  return {
    value,
    values: () => [...values.values()],
    note: (message) => {
      const { header, statement, attachment, signature } = message;
      if (attachment.value !== null && 'digest' in statement)
        values.set(hexOf(statement.digest), attachment.value);
      if (statement.kind === 'prepare') {
        const key = `${header.rank}/${hexOf(statement.digest)}`;
        const known = prepares.get(key) ?? { rank: header.rank, digest: statement.digest, votes: new Map() };
        known.votes.set(header.seat, { seat: header.seat, signature });
        prepares.set(key, known);
      }
      if (statement.kind === 'rank-change') {
        const into = changes.get(header.rank) ?? new Map<number, Message>();
        if (!into.has(header.seat)) changes.set(header.rank, into.set(header.seat, message));
      }
    },
    prepared: (below) => {
      const full = [...prepares.values()].filter(({ rank, votes }) => rank < below && votes.size >= quorum);
      const highest = full.toSorted((a, b) => b.rank - a.rank)[0];
      const known = highest === undefined ? null : value(highest.digest);
      if (highest === undefined || known === null) return null;
      const votes = [...highest.votes.values()].toSorted((a, b) => a.seat - b.seat).slice(0, quorum);
      return { rank: highest.rank, digest: highest.digest, value: known, votes };
    },
    chances: (rank) => {
      if (rank === 0) return [{ justification: null, forced: null }];
      const all = [...(changes.get(rank) ?? []).values()];
      const unprepared = all.filter(
        ({ statement }) => statement.kind === 'rank-change' && statement.prepared === null,
      );
      return [chance(plan, unprepared), chance(plan, all)].filter((found) => found !== null);
    },
  };
}

function chance(plan: QuorumPlan, messages: readonly Message[]): Chance | null {
  const justification = justificationOf(plan, messages);
  if (justification === null) return null;
  return { justification, forced: mustPropose(justification, messages)?.attachment.value ?? null };
}
