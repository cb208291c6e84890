import {
  bigOf,
  bytes32Of,
  countOf,
  hasMember,
  listOf,
  memberOf,
  type PinnedReader,
  type Plain,
  type Reading,
  ShapeFault,
  variantOf,
} from '@watchbill/chain/reading';
import { type Fact, known, unknown } from '../../facts/fact.ts';
import type {
  Announcement,
  ChainFacts,
  Intent,
  Nomination,
  ProxyDefinition,
} from '../../transactions/index.ts';

/** The name of the source of these facts. */
const FROM = 'staking';

/** The facts of one block about an intent, in one call. */
export async function factsOf(
  reader: PinnedReader,
  { signer, real, nominator }: Intent,
): Promise<ChainFacts> {
  const [relay, announcements, proxies, nominators, accounts, holds] = await reader.read([
    { pallet: 'ParachainSystem', item: 'LastRelayChainBlockNumber' },
    { pallet: 'Proxy', item: 'Announcements', keys: [[signer]] },
    { pallet: 'Proxy', item: 'Proxies', keys: [[real]] },
    { pallet: 'Staking', item: 'Nominators', keys: [[nominator]] },
    { pallet: 'System', item: 'Account', keys: [[signer]] },
    { pallet: 'Balances', item: 'Holds', keys: [[signer]] },
  ]);
  const { number, hash } = reader.block;
  return {
    block: { height: number, hash },
    relayHeight: relayHeight(reader, relay?.[0]),
    announcements: factOf(announcements?.[0], [], (value) => pending(value).map(announcementOf)),
    proxies: factOf(proxies?.[0], [], (value) => pending(value).map(proxyOf)),
    nomination: factOf<Nomination | null>(nominators?.[0], null, nominationOf),
    nonce: factOf(accounts?.[0], 0, (value) => countOf(memberOf(value, 'nonce'))),
    spendable: freeAbove(reader, accounts?.[0], hasStakingHold(holds?.[0])),
    reservable: freeAbove(reader, accounts?.[0], false),
  };
}

/**
 * The clock of pallet-proxy: on a parachain, the relay block that its block was built on; elsewhere the block
 * height.
 */
function relayHeight(reader: PinnedReader, reading: Reading | undefined): Fact<bigint> {
  if (!reader.has('ParachainSystem', 'LastRelayChainBlockNumber')) return known(reader.block.number, FROM);
  if (reading?.result === 'empty') return unknown('the block has no relay block', FROM);
  return factOf(reading, 0n, bigOf);
}

function factOf<Value>(
  reading: Reading | undefined,
  empty: Value,
  read: (value: Plain) => Value,
): Fact<Value> {
  if (reading === undefined) return unknown('the node gave no answer', FROM);
  if (reading.result === 'unknown') return unknown(reading.why, FROM);
  if (reading.result === 'empty') return known(empty, FROM);
  try {
    return known(read(reading.value), FROM);
  } catch (error) {
    if (error instanceof ShapeFault) return unknown(`its form is not known: ${error.message}`, FROM);
    throw error;
  }
}

/** pallet-proxy stores each list together with its deposit. */
function pending(value: Plain): readonly Plain[] {
  return listOf(listOf(value)[0]);
}

function announcementOf(value: Plain): Announcement {
  return {
    real: bytes32Of(memberOf(value, 'real')),
    callHash: bytes32Of(memberOf(value, 'call_hash')),
    relayHeight: bigOf(memberOf(value, 'height')),
  };
}

function proxyOf(value: Plain): ProxyDefinition {
  return {
    delegate: bytes32Of(memberOf(value, 'delegate')),
    type: variantOf(memberOf(value, 'proxy_type')),
    delay: bigOf(memberOf(value, 'delay')),
  };
}

function nominationOf(value: Plain): Nomination {
  return {
    targets: listOf(memberOf(value, 'targets')).map(bytes32Of),
    submittedIn: countOf(memberOf(value, 'submitted_in')),
  };
}

/**
 * The free balance above the existential deposit and locks. A runtime that holds stakes counts holds against
 * locks when it takes a fee: `free - max(ED, frozen - reserved)` (pallet-balances, `reducible_balance`).
 * Deposits and older runtimes do not: `free - max(ED, frozen)` (`ensure_can_withdraw`).
 */
function freeAbove(reader: PinnedReader, reading: Reading | undefined, countsHolds: boolean): Fact<bigint> {
  const deposit = factOf(reader.constant('Balances', 'ExistentialDeposit'), 0n, bigOf);
  if (!deposit.known) return deposit;
  return factOf(reading, 0n, (value) => {
    const data = memberOf(value, 'data');
    const free = bigOf(memberOf(data, 'free'));
    const discount = countsHolds ? bigOf(memberOf(data, 'reserved')) : 0n;
    const kept = largest([deposit.value, ...frozenIn(data).map((frozen) => frozen - discount)]);
    return largest([free - kept]);
  });
}

/** Whether the account's stake is a hold, which runtimes have since 2025. Older ones lock it. */
function hasStakingHold(reading: Reading | undefined): boolean {
  const holds = factOf(reading, [], (value) => listOf(value).map((hold) => variantOf(memberOf(hold, 'id'))));
  return holds.known && holds.value.includes('Staking');
}

/** Two numbers until 2023, then one. */
function frozenIn(data: Plain): readonly bigint[] {
  const names = hasMember(data, 'frozen') ? ['frozen'] : ['misc_frozen', 'fee_frozen'];
  return names.map((name) => bigOf(memberOf(data, name)));
}

function largest(numbers: readonly bigint[]): bigint {
  let most = 0n;
  for (const each of numbers) if (each > most) most = each;
  return most;
}
