import type { Snapshot } from '../../snapshot/snapshot.ts';

type Candidates = Snapshot['candidates'];
type Election = Extract<Snapshot['election'], { readonly known: true }>['value'];
type Voters = Election['voters'];

/** Copying a part to another thread takes about 5 ms. */
const CANDIDATES_AT_ONCE = 20;
const VOTERS_AT_ONCE = 500;

/** A snapshot in parts, so that a thread which passes it on can do other work between them. */
export type SnapshotPart =
  | { readonly part: 'frame'; readonly frame: Snapshot }
  | { readonly part: 'candidates'; readonly candidates: Candidates }
  | { readonly part: 'voters'; readonly voters: Voters }
  | { readonly part: 'end' };

/** Whether a snapshot passes in one part of each kind: then a thread takes longer to start than to work. */
export function isSmall({ candidates, election }: Snapshot): boolean {
  const voters = election.known ? election.value.voters.length : 0;
  return candidates.length <= CANDIDATES_AT_ONCE && voters <= VOTERS_AT_ONCE;
}

export function* partsOf(snapshot: Snapshot): Generator<SnapshotPart> {
  const { candidates, election } = snapshot;
  const bare = election.known ? { ...election, value: { ...election.value, voters: [] } } : election;
  yield { part: 'frame', frame: { ...snapshot, candidates: [], election: bare } };
  for (let at = 0; at < candidates.length; at += CANDIDATES_AT_ONCE)
    yield { part: 'candidates', candidates: candidates.slice(at, at + CANDIDATES_AT_ONCE) };
  const voters = election.known ? election.value.voters : [];
  for (let at = 0; at < voters.length; at += VOTERS_AT_ONCE)
    yield { part: 'voters', voters: voters.slice(at, at + VOTERS_AT_ONCE) };
  yield { part: 'end' };
}

/** Puts the parts of {@link partsOf} together. */
export async function joinParts(parts: AsyncIterable<SnapshotPart>): Promise<Snapshot> {
  let frame: Snapshot | null = null;
  const candidates: Candidates[number][] = [];
  const voters: Voters[number][] = [];
  for await (const one of parts) {
    if (one.part === 'end') break;
    if (one.part === 'frame') frame = one.frame;
    else if (one.part === 'candidates') candidates.push(...one.candidates);
    else voters.push(...one.voters);
  }
  if (frame === null) throw new Error('the snapshot has no frame');
  const { election } = frame;
  const whole = election.known ? { ...election, value: { ...election.value, voters } } : election;
  return { ...frame, candidates, election: whole };
}
