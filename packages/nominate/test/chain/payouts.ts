import assert from 'node:assert/strict';
import { bytesOfHex, hexOf } from '@watchbill/chain';
import { accountOfText, addressOfAccount, type Json, jsonMember } from '@watchbill/chain/extrinsics';
import { type PayoutPage, readAmounts } from '@watchbill/nominate';
import type { RoleSet } from '@watchbill/nominate/chain';
import type { ChopsticksChain } from '@watchbill/testkit/chopsticks';
import { ALICE, type Call } from './accounts.ts';
import { stored } from './eras.ts';
import { included } from './programme.ts';
import { factValue } from './reading.ts';

const PREFIX = 42;

export interface Backer {
  readonly who: string;
  readonly value: bigint;
}

/** The inputs of a validator's payout: amounts without common divisors, so that all rounding shows. */
export interface PaidEra {
  readonly stash: string;
  readonly era: number;
  readonly own: bigint;
  /** Those who nominate it, page by page. */
  readonly pages: readonly (readonly Backer[])[];
  /** The payment of each account, page by page, the validator first; if given, every amount must match. */
  readonly each?: readonly (readonly bigint[])[];
}

const REWARD = '987654321987';
const POINTS = { own: 37, others: 64 };
const ANOTHER = `0x${'07'.repeat(32)}`;

const sumOf = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

/**
 * Writes points, reward and exposure of an era, because no validator makes blocks here. The runtime computes
 * the payout. `isPaged`: exposures are in pages, as since 2024.
 */
export async function writePaidEra(
  chain: ChopsticksChain,
  { stash, era, own, pages }: PaidEra,
  isPaged: boolean,
): Promise<void> {
  const address = (key: string) => addressOfAccount(bytesOfHex(key, 'an account'), PREFIX);
  const individual = { [address(stash)]: POINTS.own, [address(ANOTHER)]: POINTS.others };
  const backers = pages.flat();
  const total = own + sumOf(backers.map(({ value }) => value));
  const othersOf = (list: readonly Backer[]) =>
    list.map(({ who, value }) => ({ who: address(who), value: String(value) }));
  const head = { total: String(total), own: String(own) };
  const paged = {
    ErasStakersOverview: [
      [[era, stash], { ...head, nominatorCount: backers.length, pageCount: pages.length }],
    ],
    ErasStakersPaged: pages.map((list, page) => [
      [era, stash, page],
      { pageTotal: String(sumOf(list.map(({ value }) => value))), others: othersOf(list) },
    ]),
  };
  const whole = { ErasStakersClipped: [[[era, stash], { ...head, others: othersOf(backers) }]] };
  await chain.setStorage({
    Staking: {
      ErasRewardPoints: [[[era], { total: POINTS.own + POINTS.others, individual }]],
      ErasValidatorReward: [[[era], REWARD]],
      ErasValidatorPrefs: [[[era, stash], { commission: 73_000_001, blocked: false }]],
      ...(isPaged ? paged : whole),
    },
  });
  await chain.newBlock();
}

/**
 * Claims each page in the runtime, which must pay the computed amount to the planck to every nominator and to
 * the validator, which has a part of every page: at least its commission.
 */
export async function assertPays(
  chain: ChopsticksChain,
  { staking }: RoleSet,
  { stash, era, pages, each }: PaidEra,
  claim: (page: number) => Call,
): Promise<readonly bigint[]> {
  const asked = pages.map((_page, page): PayoutPage => ({ stashKey: stash, era, page }));
  const compute = async (): Promise<readonly bigint[]> => {
    const read = await staking.readPinned((reader) => readAmounts(reader, asked));
    assert.ok(read.ok, read.ok ? '' : read.why);
    return read.value.map(({ amount }) => factValue(amount));
  };
  const computed = await compute();
  for (const [page, backers] of pages.entries()) {
    await included(chain, ALICE, [claim(page)]);
    const paid = await rewardsOf(chain);
    const wanted = [stash, ...backers.map(({ who }) => who)];
    assert.deepEqual(paid.map((one) => one.stash).sort(), wanted.toSorted(), `who is paid by page ${page}`);
    if (each !== undefined)
      assert.deepEqual(
        wanted.map((who) => paid.find((one) => one.stash === who)?.amount),
        each[page],
        `what each is paid by page ${page}`,
      );
    assert.equal(sumOf(paid.map(({ amount }) => amount)), computed[page], `what page ${page} pays`);
  }
  assert.deepEqual(await compute(), computed, 'a page that was claimed is worth what it was');
  return computed;
}

interface Rewarded {
  readonly stash: string;
  readonly amount: bigint;
}

/** The payments that the newest block reports, read without the code under test. */
async function rewardsOf(chain: ChopsticksChain): Promise<readonly Rewarded[]> {
  const events = await stored(chain, 'System', 'Events');
  return (Array.isArray(events) ? events : []).flatMap((record: Json) => {
    const event = jsonMember(record, 'event');
    const inner = jsonMember(event, 'value');
    if (jsonMember(event, 'type') !== 'Staking' || jsonMember(inner, 'type') !== 'Rewarded') return [];
    const value = jsonMember(inner, 'value');
    const stash = hexOf(accountOfText(String(jsonMember(value, 'stash'))) ?? new Uint8Array());
    return [{ stash, amount: BigInt(String(jsonMember(value, 'amount'))) }];
  });
}
