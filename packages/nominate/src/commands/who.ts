import { usageFault } from '@watchbill/kit';

/** By what records of candidates are found. */
interface Named {
  readonly stashKey: string;
  readonly name: string;
  readonly slotId?: number;
}

/**
 * The texts under which an operation may know the candidate that a person means: an address of any prefix
 * stands for its key, and a number for a slot if no candidate has that name (a shell takes a bare `#12` for a
 * comment).
 */
export async function textsFor(who: string): Promise<readonly string[]> {
  const { readAddress } = await import('@watchbill/chain/address');
  const address = readAddress(who);
  if (address !== null) return [address.publicKey];
  return /^[0-9]+$/.test(who) ? [who, `#${who}`] : [who];
}

/** The candidate that a person named. Throws a usage fault if there is none. */
export async function candidateNamed<Candidate extends Named>(
  candidates: readonly Candidate[],
  who: string,
  where: string,
): Promise<Candidate> {
  for (const text of await textsFor(who)) {
    const found =
      candidates.find(({ stashKey }) => stashKey === text) ??
      candidates.find(({ slotId }) => `#${slotId}` === text) ??
      candidates.find(({ name }) => name === text);
    if (found !== undefined) return found;
  }
  throw noSuchCandidate(where);
}

/** That there is no such candidate. The text is not repeated: a person may have typed a seed. */
export function noSuchCandidate(where: string) {
  return usageFault(
    'there is no such candidate',
    'give its stash (address or 0x…), its slot, or its name as it is written',
    where,
  );
}
