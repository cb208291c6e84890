import { type Fact, known } from '../../facts/fact.ts';
import type { ElectionInput } from '../../snapshot/snapshot.ts';
import type { Electorate } from './electorate.ts';
import type { Ledgers } from './ledgers.ts';

/**
 * The input of the next election if it were held at this block: every validator votes for itself with its
 * bond, and every nominator with at least the minimum bond votes for those of its targets that validate.
 */
export function electionInputOf(
  electorate: Fact<Electorate>,
  seats: Fact<number>,
  leastStake: Fact<bigint>,
  validatorLedgers: Ledgers,
): Fact<ElectionInput> {
  if (!electorate.known) return electorate;
  if (!seats.known) return seats;
  if (!leastStake.known) return leastStake;
  const targets = [...electorate.value.validators].sort();
  const indexOf = new Map(targets.map((target, index) => [target, index]));
  const voters: { who: string; stake: bigint; votes: number[] }[] = [];
  for (const [who, index] of indexOf) {
    const ledger = validatorLedgers.get(who);
    if (ledger?.known === false) return ledger;
    voters.push({ who, stake: ledger?.value?.active ?? 0n, votes: [index] });
  }
  for (const { who, bonded, targets: wanted } of electorate.value.nominators) {
    const votes = wanted.flatMap((target) => indexOf.get(target) ?? []);
    if (votes.length > 0 && bonded >= leastStake.value) voters.push({ who, stake: bonded, votes });
  }
  return known({ seats: Math.max(1, seats.value), targets, voters }, 'staking');
}
