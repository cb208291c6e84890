import type { ShelvedRound } from '../reading/round-shelf.ts';
import { type Reply, refusal } from '../reply.ts';
import type { Call } from '../route.ts';
import type { Site } from '../site.ts';
import type { ReadableRound } from '../views/round-in-full.ts';

type Named = Pick<Call<{ readonly id: string }, unknown>, 'params'>;

/** Calls the handler with the round in the address. */
export async function ofRound(
  { reader }: Site,
  { params: { id } }: Named,
  answer: (round: ShelvedRound) => Promise<Reply> | Reply,
): Promise<Reply> {
  const newest = id === 'newest' ? await reader.newestRound() : null;
  if (id === 'newest' && newest === null) return refusal('no-such-round', 'no round has been decided yet');
  const round = await reader.round(newest?.id ?? id);
  return round === null ? refusal('no-such-round', `no round has the id ${id}`) : answer(round);
}

/** The same, with the decoded record of the round. */
export async function ofRecord(
  site: Site,
  call: Named,
  answer: (round: ReadableRound) => Promise<Reply> | Reply,
): Promise<Reply> {
  return ofRound(site, call, ({ id, stored, record, problem }) =>
    record === null ? refusal('round-unreadable', `${id}: ${problem}`) : answer({ id, stored, record }),
  );
}
