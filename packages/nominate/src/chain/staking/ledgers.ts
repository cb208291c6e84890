import {
  bigOf,
  bytes32Of,
  countOf,
  hasMember,
  type KeyPart,
  listOf,
  memberOf,
  type PinnedReader,
  type Plain,
  type Reading,
} from '@watchbill/chain/reading';
import { type Fact, known, unknown } from '../../facts/fact.ts';
import { factOfReading } from '../roles/fact-of-reading.ts';

/** The bond of a stash. */
export interface Ledger {
  /** Active bond in planck, which counts in elections. */
  readonly active: bigint;
  /** Eras paid before payouts had pages; empty if the runtime does not keep them. */
  readonly claimedEras: readonly number[];
}

/** The ledger of each stash; null if the stash is not bonded. */
export type Ledgers = ReadonlyMap<string, Fact<Ledger | null>>;

/** Sizes of values, for filling calls. */
const BONDED_BYTES = 32;
const LEDGER_BYTES = 120;

export function keysOf(accounts: readonly string[]): readonly (readonly KeyPart[])[] {
  return accounts.map((account) => [account]);
}

/** The requests for the ledgers of stashes that are their own controllers, as nearly all are. */
export function ledgerRequests(stashes: readonly string[]) {
  return [
    { pallet: 'Staking', item: 'Bonded', keys: keysOf(stashes), valueBytes: BONDED_BYTES },
    { pallet: 'Staking', item: 'Ledger', keys: keysOf(stashes), valueBytes: LEDGER_BYTES },
  ] as const;
}

/**
 * Ledgers from the answers to {@link ledgerRequests}. Ledgers with a separate controller take one more call.
 */
export async function ledgersOf(
  reader: PinnedReader,
  stashes: readonly string[],
  bonded: readonly Reading[],
  own: readonly Reading[],
): Promise<Ledgers> {
  const controllers = stashes.map((_, index) => controllerOf(bonded[index]));
  const apart = stashes.flatMap((stash, index) => {
    const controller = controllers[index];
    return controller?.known === true && controller.value !== null && controller.value !== stash
      ? [{ stash, controller: controller.value }]
      : [];
  });
  const [others = []] =
    apart.length === 0
      ? []
      : await reader.read([
          {
            pallet: 'Staking',
            item: 'Ledger',
            keys: keysOf(apart.map(({ controller }) => controller)),
            valueBytes: LEDGER_BYTES,
          },
        ]);
  const byStash = new Map(apart.map(({ stash }, index) => [stash, others[index]]));
  return new Map(
    stashes.map((stash, index) => {
      const reading = byStash.has(stash) ? byStash.get(stash) : own[index];
      return [stash, ledgerOf(controllers[index], reading)];
    }),
  );
}

function controllerOf(reading: Reading | undefined): Fact<string | null> {
  return factOfReading<string | null>(reading, 'staking', 'Staking.Bonded', {
    take: bytes32Of,
    empty: { value: null },
  });
}

function ledgerOf(
  controller: Fact<string | null> | undefined,
  reading: Reading | undefined,
): Fact<Ledger | null> {
  if (controller === undefined) return unknown('it was not asked for', 'staking');
  if (!controller.known) return controller;
  if (controller.value === null) return known(null, 'staking');
  return factOfReading<Ledger | null>(reading, 'staking', 'Staking.Ledger', {
    take: takeLedger,
    empty: { unknown: 'the stash is bonded, but its ledger is missing' },
  });
}

/** Before payouts had pages, the ledger held the claimed eras, under two names. */
const CLAIMED = ['legacy_claimed_rewards', 'claimed_rewards'];

function takeLedger(value: Plain): Ledger {
  const name = CLAIMED.find((each) => hasMember(value, each));
  const claimedEras = name === undefined ? [] : listOf(memberOf(value, name)).map(countOf);
  return { active: bigOf(memberOf(value, 'active')), claimedEras };
}
