import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import type { CapKind, Caps } from './programme.ts';

const KINDS: readonly CapKind[] = ['identity', 'operator', 'provider', 'country'];

/** The groups of a candidate, by kind; an empty list if unknown, which is not counted. */
export type Belonging = Readonly<Record<CapKind, readonly string[]>>;

/** Candidates without any known identity count as one: each of them may have the identity of another one. */
const UNKNOWN_IDENTITY = 'unknown';

/**
 * The groups of a candidate. The identity is the account that holds it; a stash without one is its own group.
 * While it is unknown, the last known one counts.
 */
export function belongingOf(record: CandidateRecord): Belonging {
  const { candidate, place } = record;
  const where = place.known ? place.value : null;
  return {
    identity: [identityOf(record)],
    operator: candidate.handles,
    provider: folded(where?.provider),
    country: folded(where?.country),
  };
}

function identityOf({ candidate, identity, lastIdentity }: CandidateRecord): string {
  if (identity.known) return identity.value?.account ?? candidate.stashKey;
  return lastIdentity?.account ?? UNKNOWN_IDENTITY;
}

function folded(name: string | undefined): readonly string[] {
  const text = name?.trim().toLowerCase() ?? '';
  return text === '' ? [] : [text];
}

/** Counts the taken candidates against the limits of the round and of the current slice. */
export interface CapBook {
  /** The first limit that taking a candidate would break; null for none. */
  broken(
    belonging: Belonging,
  ): { readonly kind: CapKind; readonly of: 'round' | 'slice'; readonly limit: number } | null;
  take(belonging: Belonging): void;
  /** Undoes a {@link take} in the current slice. */
  giveBack(belonging: Belonging): void;
  /** Starts the next slice. */
  nextSlice(): void;
}

export function capBook(caps: Caps): CapBook {
  const round = new Map<string, number>();
  let slice = new Map<string, number>();
  const full = (
    counts: ReadonlyMap<string, number>,
    kind: CapKind,
    names: readonly string[],
    limit: number | null,
  ) => limit !== null && names.some((name) => (counts.get(`${kind} ${name}`) ?? 0) >= limit);
  const count = (belonging: Belonging, step: number) => {
    for (const key of KINDS.flatMap((kind) => belonging[kind].map((name) => `${kind} ${name}`))) {
      round.set(key, (round.get(key) ?? 0) + step);
      slice.set(key, (slice.get(key) ?? 0) + step);
    }
  };
  return {
    broken: (belonging) => {
      for (const kind of KINDS) {
        const [perRound, perSlice] = [caps.perRound[kind], caps.perSlice[kind]];
        if (perRound !== null && full(round, kind, belonging[kind], perRound))
          return { kind, of: 'round', limit: perRound };
        if (perSlice !== null && full(slice, kind, belonging[kind], perSlice))
          return { kind, of: 'slice', limit: perSlice };
      }
      return null;
    },
    take: (belonging) => count(belonging, 1),
    giveBack: (belonging) => count(belonging, -1),
    nextSlice: () => {
      slice = new Map();
    },
  };
}
