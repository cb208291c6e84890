import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ItemRequest, PinnedReader, Plain, Reading } from '@watchbill/chain/reading';
import { keyOf } from '../testing/records.ts';
import { readAmounts } from './read-amounts.ts';

const [VALIDATOR, OTHER] = [keyOf(1), keyOf(2)];
type State = Readonly<Record<string, Readonly<Record<string, Plain>>>>;

/** A reader of a fixed state: by item, then by the parts of the key. */
function fakeReader(state: State, asked: ItemRequest[] = []): PinnedReader {
  const readingOf = (item: string, key: string): Reading => {
    if (!(item in state)) return { result: 'unknown', why: `the runtime has no Staking.${item}` };
    const value = state[item]?.[key];
    return value === undefined ? { result: 'empty', fallback: null } : { result: 'value', value };
  };
  const reader: Pick<PinnedReader, 'has' | 'read'> = {
    has: (_pallet, item) => item in state,
    read: async (requests) => {
      asked.push(...requests);
      return requests.map(({ item, keys = [[]] }) => keys.map((key) => readingOf(item, key.join(' '))));
    },
  };
  return reader as PinnedReader;
}

const ERA: State = {
  ErasValidatorReward: { '5': 1_000_000n },
  ErasRewardPoints: {
    '5': {
      total: 100,
      individual: [
        [OTHER, 50],
        [VALIDATOR, 50],
      ],
    },
  },
  ErasValidatorPrefs: { [`5 ${VALIDATOR}`]: { commission: 0, blocked: false } },
};
const PAGED: State = {
  ...ERA,
  ErasStakersOverview: {
    [`5 ${VALIDATOR}`]: { total: 1_000n, own: 400n, nominator_count: 2, page_count: 2 },
  },
  ErasStakersPaged: {
    [`5 ${VALIDATOR} 0`]: { page_total: 500n, others: [{ who: OTHER, value: 500n }] },
    [`5 ${VALIDATOR} 1`]: { page_total: 100n, others: [{ who: OTHER, value: 100n }] },
  },
};

async function amountOf(state: State, page = 0, stashKey = VALIDATOR, era = 5) {
  const [found] = await readAmounts(fakeReader(state), [{ stashKey, era, page }]);
  assert.ok(found !== undefined);
  return found.amount.known ? found.amount.value : found.amount.reason;
}

describe('amounts of pages from the state', () => {
  test('each page of a paged exposure pays its nominators, and the first the validator', async () => {
    assert.equal(await amountOf(PAGED), 450_000n);
    assert.equal(await amountOf(PAGED, 1), 50_000n);
  });

  test('a runtime that pays from pots divides by pages; one between the rules is unknown with the reason', async () => {
    const marks = { DisableMintingGuard: {}, ErasValidatorIncentiveWeight: {} };
    const pots = { ...PAGED, ...marks };
    // The validator gets 40 % of 500,000: nine tenths with page 0, the rest with page 1. Nominators lose the
    // rounding.
    assert.equal(await amountOf(pots), 180_000n + 249_999n);
    assert.equal(await amountOf(pots, 1), 20_000n + 49_999n);
    const { DisableMintingGuard } = marks;
    assert.equal(
      await amountOf({ ...PAGED, DisableMintingGuard }),
      'the runtime has Staking.DisableMintingGuard without ErasValidatorIncentiveWeight: it is not known how it divides a payout',
    );
  });

  test('one record of old is one page', async () => {
    const record = { total: 1_000n, own: 400n, others: [{ who: OTHER, value: 600n }] };
    const state = { ...ERA, ErasStakersClipped: { [`5 ${VALIDATOR}`]: record } };
    assert.equal(await amountOf(state), 500_000n);
    assert.equal(await amountOf(state, 1), 'the chain has no exposure of it for era 5');
    // An era without pages, on a chain that has introduced them since.
    const both = { ...PAGED, ...state, ErasStakersOverview: {}, ErasStakersPaged: {} };
    assert.equal(await amountOf(both), 500_000n);
  });

  test('a validator without nominators has one page, which is not stored', async () => {
    const alone = { total: 400n, own: 400n, nominator_count: 0, page_count: 0 };
    const state = { ...PAGED, ErasStakersOverview: { [`5 ${VALIDATOR}`]: alone }, ErasStakersPaged: {} };
    assert.equal(await amountOf(state), 500_000n);
  });

  test('defect 22: a validator without stored preferences takes no commission, as in the runtime, and is not left out', async () => {
    assert.equal(await amountOf({ ...PAGED, ErasValidatorPrefs: {} }), 450_000n);
  });

  test('an item that is missing or has another shape is unknown with the reason, and never 0', async () => {
    const without = (item: string, value: Readonly<Record<string, Plain>> = {}) => ({
      ...PAGED,
      [item]: value,
    });
    assert.match(String(await amountOf(without('ErasValidatorReward'))), /no reward for era 5/);
    assert.match(String(await amountOf(without('ErasRewardPoints'))), /no points for era 5/);
    assert.match(String(await amountOf(without('ErasStakersPaged'))), /a page of its exposure is missing/);
    assert.match(String(await amountOf(without('ErasStakersOverview'))), /no exposure of it for era 5/);
    const odd = without('ErasStakersPaged', { [`5 ${VALIDATOR} 0`]: { page_total: 'much', others: [] } });
    assert.match(String(await amountOf(odd)), /another shape/);
    assert.match(String(await amountOf({})), /the runtime has no Staking.ErasValidatorReward/);
  });

  test('the common items of an era are requested once', async () => {
    const asked: ItemRequest[] = [];
    const pages = [0, 1].map((page) => ({ stashKey: VALIDATOR, era: 5, page }));
    await readAmounts(fakeReader(PAGED, asked), pages);
    const keysOf = (name: string) => asked.find(({ item }) => item === name)?.keys?.length;
    assert.deepEqual(['ErasRewardPoints', 'ErasStakersPaged'].map(keysOf), [1, 2]);
    assert.deepEqual(await readAmounts(fakeReader(PAGED), []), []);
  });
});
