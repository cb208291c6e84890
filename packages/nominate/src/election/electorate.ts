/** A voter with its stake. Votes are positions in the list of candidates. */
export interface Voter {
  readonly stake: bigint;
  readonly votes: readonly number[];
}

/**
 * Voters and candidates with their edges in both directions, in flat arrays: the edges of voter `v` are
 * `votes[voteStart[v]]` to `votes[voteStart[v + 1] - 1]`, the supporters of a candidate likewise. Immutable,
 * so that any number of elections can share one. Votes for unknown candidates, and second votes for one
 * candidate, are left out.
 */
export interface Electorate {
  readonly candidateCount: number;
  readonly stakes: readonly bigint[];
  readonly voteStart: Int32Array;
  readonly votes: Int32Array;
  readonly supporterStart: Int32Array;
  readonly supporters: Int32Array;
  /** By candidate: the sum of the stakes of its supporters. */
  readonly approvals: readonly bigint[];
}

export function electorateOf(candidateCount: number, voters: readonly Voter[]): Electorate {
  const edges = voters.map(({ votes }) => edgesOf(votes, candidateCount));
  const voteStart = startsOf(edges.map(({ length }) => length));
  const votes = Int32Array.from(edges.flat());
  const counts = new Array<number>(candidateCount).fill(0);
  for (const at of votes) counts[at] = (counts[at] ?? 0) + 1;
  const supporterStart = startsOf(counts);
  const supporters = new Int32Array(votes.length);
  const filled = supporterStart.slice();
  const approvals = new Array<bigint>(candidateCount).fill(0n);
  for (const [voter, own] of edges.entries()) {
    for (const at of own) {
      const place = filled[at] ?? 0;
      supporters[place] = voter;
      filled[at] = place + 1;
      approvals[at] = (approvals[at] ?? 0n) + (voters[voter]?.stake ?? 0n);
    }
  }
  const stakes = voters.map(({ stake }) => stake);
  return { candidateCount, stakes, voteStart, votes, supporterStart, supporters, approvals };
}

/** The votes of one voter that count. */
export function edgesOf(votes: readonly number[], candidateCount: number): readonly number[] {
  return [...new Set(votes)].filter((at) => Number.isInteger(at) && at >= 0 && at < candidateCount);
}

function startsOf(counts: readonly number[]): Int32Array {
  const starts = new Int32Array(counts.length + 1);
  for (const [at, count] of counts.entries()) starts[at + 1] = (starts[at] ?? 0) + count;
  return starts;
}
