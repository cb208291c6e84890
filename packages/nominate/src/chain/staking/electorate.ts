import {
  bytes32Of,
  countOf,
  listOf,
  memberOf,
  type PinnedReader,
  type Plain,
  type Reading,
} from '@watchbill/chain/reading';
import { type Fact, known, unknown } from '../../facts/fact.ts';
import { factOfReading } from '../roles/fact-of-reading.ts';
import { MOST_VALIDATORS } from '../roles/request.ts';
import { keysOf, ledgerRequests, ledgersOf } from './ledgers.ts';

/** A nomination as the chain holds it. */
export interface ChainNomination {
  readonly targets: readonly string[];
  /** The era that was current when it was made. */
  readonly submittedIn: number;
}

export interface ChainNominator extends ChainNomination {
  readonly who: string;
  /** The active part of its ledger, in planck. */
  readonly bonded: bigint;
}

/** All nominators and all validators. */
export interface Electorate {
  readonly nominators: readonly ChainNominator[];
  readonly validators: readonly string[];
}

/** Sixteen targets and the rest; Kusama has twenty-four. */
const NOMINATION_BYTES = 600;

/**
 * Every nominator of the chain: keys by pages, then nominations and ledgers, ten thousand in a call. Rejects
 * as the reader does.
 */
export async function readElectorate(reader: PinnedReader, most: number): Promise<Fact<Electorate>> {
  const nominators = await accountsOf(reader, 'Nominators', most);
  if (!nominators.known) return nominators;
  const validators = await accountsOf(reader, 'Validators', MOST_VALIDATORS);
  if (!validators.known) return validators;
  const who = nominators.value;
  const [nominations = [], bonded = [], own = []] = await reader.read([
    { pallet: 'Staking', item: 'Nominators', keys: keysOf(who), valueBytes: NOMINATION_BYTES },
    ...ledgerRequests(who),
  ]);
  const ledgers = await ledgersOf(reader, who, bonded, own);
  const read: ChainNominator[] = [];
  for (const [index, each] of who.entries()) {
    const nomination = nominationOf(nominations[index]);
    const ledger = ledgers.get(each);
    if (!nomination.known) return nomination;
    if (ledger?.known === false) return ledger;
    // A nominator without a ledger has no stake, and no vote.
    if (nomination.value === null || ledger?.value == null) continue;
    read.push({ who: each, bonded: ledger.value.active, ...nomination.value });
  }
  return known({ nominators: read, validators: validators.value }, 'staking');
}

async function accountsOf(
  reader: PinnedReader,
  item: string,
  most: number,
): Promise<Fact<readonly string[]>> {
  const keys = await reader.keys('Staking', item, [], most);
  if (keys.result === 'unknown') return unknown(keys.why, 'staking');
  return known(keys.keys.map(([account = '']) => account).sort(), 'staking');
}

/** Null if the stash does not nominate. */
export function nominationOf(reading: Reading | undefined): Fact<ChainNomination | null> {
  return factOfReading<ChainNomination | null>(reading, 'staking', 'Staking.Nominators', {
    take: takeNomination,
    empty: { value: null },
  });
}

function takeNomination(value: Plain): ChainNomination {
  return {
    targets: listOf(memberOf(value, 'targets')).map(bytes32Of),
    submittedIn: countOf(memberOf(value, 'submitted_in')),
  };
}
