import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type PageBasis, pageAmount, pageParts } from './page-amount.ts';

const BASE: PageBasis = {
  eraReward: 1_000_000n,
  points: 1n,
  totalPoints: 2n,
  commissionPerbill: 100_000_000n,
  total: 1_000n,
  own: 100n,
  page: 0,
  nominated: 900n,
  nominators: [600n, 300n],
};

const first = (basis: PageBasis) => pageAmount(basis, 'first');

describe('the amounts of a page if the own stake is paid with the first page', () => {
  test('pages share the commission by stake, and own stake is paid with the first alone', () => {
    const one = first({ ...BASE, nominated: 600n, nominators: [600n] });
    const second = first({ ...BASE, page: 1, nominated: 300n, nominators: [300n] });
    assert.equal(one, 35_000n + 45_000n + 270_000n);
    assert.equal(one + second, 500_000n);
  });

  test('no points and no reward give nothing; shares round down, products to the nearest with a half down', () => {
    assert.equal(first({ ...BASE, points: 0n }), 0n);
    assert.equal(first({ ...BASE, eraReward: 0n }), 0n);
    const alone = { ...BASE, commissionPerbill: 0n, total: 1n, own: 1n, nominated: 0n, nominators: [] };
    // A third is 333333333 of 10^9.
    assert.equal(first({ ...alone, totalPoints: 3n, eraReward: 10n ** 10n }), 3_333_333_330n);
    assert.equal(first({ ...alone, eraReward: 3n }), 1n);
    assert.equal(first({ ...alone, totalPoints: 4n, points: 3n, eraReward: 1n }), 1n);
  });
});

const UNIT = 10n ** 12n;

/**
 * Values of the Asset Hub runtime of 2026 (westmint 1_025_002), from
 * packages/nominate/test/chain/reading-2026.test.ts.
 */
const REAL = {
  eraReward: 987_654_321_987n,
  points: 37n,
  totalPoints: 101n,
  commissionPerbill: 73_000_001n,
  total: 96_110n * UNIT + 11n,
  own: 90_000n * UNIT + 7n,
};
const [LARGE, SMALL, THIRD] = [5_000n * UNIT + 1n, 333n * UNIT, 777n * UNIT + 3n] as const;
const pageOf = (page: number, ...nominators: bigint[]): PageBasis => ({
  ...REAL,
  page,
  nominated: nominators.reduce((sum, value) => sum + value, 0n),
  nominators,
});

describe('the amounts of a page if every page pays a part of the validator', () => {
  test('as a real runtime paid, to the planck: one page', () => {
    const basis = pageOf(0, LARGE, SMALL, THIRD);
    const nominators = [17_448_836_910n, 1_162_092_531n, 2_711_549_255n];
    assert.deepEqual(pageParts(basis, 'pages'), { validator: 340_491_480_165n, nominators });
    assert.equal(pageAmount(basis, 'pages'), 361_813_958_861n);
    assert.equal(first(basis), 361_813_957_880n, 'by the other rule it would be less');
  });

  test('as a real runtime paid, to the planck: two pages', () => {
    assert.deepEqual(pageParts(pageOf(0, LARGE, SMALL), 'pages'), {
      validator: 337_738_781_219n,
      nominators: [17_448_836_910n, 1_162_092_531n],
    });
    assert.deepEqual(pageParts(pageOf(1, THIRD), 'pages'), {
      validator: 2_752_698_604n,
      nominators: [2_711_549_255n],
    });
    assert.equal(pageAmount(pageOf(0, LARGE, SMALL), 'pages'), 356_349_710_660n);
    assert.equal(first(pageOf(0, LARGE, SMALL)), 358_888_877_968n);
  });

  test('all amounts are rounded down, and a validator without nominators gets everything', () => {
    const alone = { ...BASE, own: 1_000n, nominated: 0n, nominators: [] };
    assert.equal(pageAmount(alone, 'pages'), 500_000n);
    assert.equal(pageAmount({ ...alone, commissionPerbill: 0n, eraReward: 3n }, 'pages'), 1n);
    assert.equal(
      pageAmount({ ...alone, eraReward: 3n, points: 2n, commissionPerbill: 500_000_000n }, 'pages'),
      3n,
    );
    // Three quarters of 1 would be 1 to the nearest.
    assert.equal(pageAmount({ ...alone, totalPoints: 4n, points: 3n, eraReward: 1n }, 'pages'), 0n);
    assert.equal(pageAmount({ ...BASE, points: 0n }, 'pages'), 0n);
  });
});
