/** A voter with its stake. Votes are positions in the list of candidates. */
export interface Voter {
  readonly stake: bigint;
  readonly votes: readonly number[];
}

/**
 * Voters by candidate. Immutable, so that any number of elections can share one. Votes for unknown
 * candidates, and second votes for one candidate, are left out.
 */
export interface Electorate {
  readonly stakes: readonly bigint[];
  /** By voter: the votes that count. */
  readonly votes: readonly (readonly number[])[];
  /** By candidate: positions of its voters. */
  readonly supporters: readonly Int32Array[];
  /** By candidate: the sum of the stakes of its voters. */
  readonly approvals: readonly bigint[];
}

export function electorateOf(candidateCount: number, voters: readonly Voter[]): Electorate {
  const votes = voters.map((voter) => votesThatCount(voter.votes, candidateCount));
  const supporters = Array.from({ length: candidateCount }, (): number[] => []);
  const approvals = new Array<bigint>(candidateCount).fill(0n);
  for (const [voter, own] of votes.entries()) {
    for (const at of own) {
      supporters[at]?.push(voter);
      approvals[at] = (approvals[at] ?? 0n) + (voters[voter]?.stake ?? 0n);
    }
  }
  const stakes = voters.map(({ stake }) => stake);
  return { stakes, votes, supporters: supporters.map((list) => Int32Array.from(list)), approvals };
}

/** The electorate with other voters in place of some. */
export function changedElectorate(
  { stakes, votes, supporters, approvals }: Electorate,
  without: ReadonlySet<number>,
  added: readonly Voter[],
): Electorate {
  const counted = added.map((voter) => votesThatCount(voter.votes, supporters.length));
  const joined = new Map<number, number[]>();
  const sums = [...approvals];
  // A voter without stake has no part in any score, so one that is left out stays among the supporters.
  for (const voter of without)
    for (const at of votes[voter] ?? []) sums[at] = (sums[at] ?? 0n) - (stakes[voter] ?? 0n);
  for (const [index, own] of counted.entries()) {
    for (const at of own) {
      sums[at] = (sums[at] ?? 0n) + (added[index]?.stake ?? 0n);
      joined.set(at, [...(joined.get(at) ?? []), stakes.length + index]);
    }
  }
  return {
    stakes: [
      ...stakes.map((stake, voter) => (without.has(voter) ? 0n : stake)),
      ...added.map(({ stake }) => stake),
    ],
    votes: [...votes, ...counted],
    supporters: supporters.map((list, at) => {
      const more = joined.get(at);
      return more === undefined ? list : Int32Array.from([...list, ...more]);
    }),
    approvals: sums,
  };
}

function votesThatCount(votes: readonly number[], candidateCount: number): readonly number[] {
  return [...new Set(votes)].filter((at) => Number.isInteger(at) && at >= 0 && at < candidateCount);
}
