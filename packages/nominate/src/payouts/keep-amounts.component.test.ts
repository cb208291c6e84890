import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import { known, unknown } from '../facts/fact.ts';
import { openProgrammeStore } from '../storage/open.ts';
import type { PayoutRow } from '../storage/port.ts';
import { keyOf } from '../testing/records.ts';
import { keepAmounts, shownWorth } from './keep-amounts.ts';
import type { PageAmount, PayoutPage } from './read-amounts.ts';

const STOP = new AbortController().signal;
const rowOf = (era: number, page: number): PayoutRow => ({
  ...{ stashKey: keyOf(1), era, page, state: 'unclaimed', amount: null, amountWhy: null },
  expiresEra: era + 85,
});

type Answer = (pages: readonly PayoutPage[]) => Promise<readonly PageAmount[]>;

async function setup(rows: readonly PayoutRow[], answer: Answer) {
  const store = await openProgrammeStore({ file: ':memory:' }, () => 1);
  await store.payouts.put(rows);
  const asked: (readonly PayoutPage[])[] = [];
  const amounts = (pages: readonly PayoutPage[]) => {
    asked.push(pages);
    return answer(pages);
  };
  return { store, asked, parts: { store, world: { chain: { amounts } }, signal: STOP } };
}

const worthItsEra: Answer = async (pages) =>
  pages.map((page) => ({
    ...page,
    amount: page.page === 0 ? known(BigInt(page.era), 'staking') : unknown('a page is missing', 'staking'),
  }));

describe('amounts of payouts', () => {
  test('are sought once, the newest first, and unknown stays unknown with the reason', async () => {
    const { store, asked, parts } = await setup([rowOf(3, 0), rowOf(5, 0), rowOf(5, 1)], worthItsEra);
    assert.equal(await keepAmounts(parts, 6), '2 amounts were read, 1 cannot be known');
    assert.deepEqual(asked[0]?.map(fields('era', 'page')), [
      [5, 0],
      [5, 1],
      [3, 0],
    ]);
    assert.deepEqual((await store.payouts.of(keyOf(1), 9)).map(fields('amount', 'amountWhy')), [
      [5n, null],
      [null, 'a page is missing'],
      [3n, null],
    ]);
    assert.equal(await keepAmounts(parts, 6), 'all amounts are read');
    assert.equal(asked.length, 1);
    await store.close();
  });

  test('of pages that expired before they were read are not requested, because the chain has dropped them', async () => {
    const { store, asked, parts } = await setup([rowOf(3, 0)], worthItsEra);
    assert.equal(await keepAmounts(parts, 88), 'all amounts are read');
    assert.deepEqual(asked, []);
    await store.close();
  });

  test('wait if the chain cannot be read, and are read in bounded parts', async () => {
    const many = Array.from({ length: 300 }, (_, page) => rowOf(5, page));
    let isUp = false;
    const { store, asked, parts } = await setup(many, async (pages) => {
      if (!isUp) throw new Error('no endpoint answers');
      return worthItsEra(pages);
    });
    assert.equal(await keepAmounts(parts, 6), '256 amounts could not be read: no endpoint answers');
    isUp = true;
    await keepAmounts(parts, 6);
    await keepAmounts(parts, 6);
    assert.deepEqual(
      asked.map((pages) => pages.length),
      [256, 256, 44],
    );
    await store.close();
  });

  test('are added up; unknown amounts are named and not counted', () => {
    const network = { decimals: 2, symbol: 'X' };
    assert.equal(shownWorth([{ amount: 150n }, { amount: 1n }], network), '1.51 X');
    assert.equal(shownWorth([{ amount: 150n }, { amount: null }], network), '1.5 X, and 1 of unknown worth');
    assert.equal(shownWorth([{ amount: null }], network), 'of unknown worth');
  });
});
