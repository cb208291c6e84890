import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type PageBasis, pageAmount } from './page-amount.ts';

const BASE: PageBasis = {
  eraReward: 1_000_000n,
  points: 1n,
  totalPoints: 2n,
  commissionPerbill: 100_000_000n,
  total: 1_000n,
  own: 100n,
  nominated: 900n,
  nominators: [600n, 300n],
};

describe('what a page of a payout pays', () => {
  test('commission first, then parts by stake', () => {
    // Half of the era is 500,000, the commission of it 50,000; a tenth of the rest is the validator's, the rest the nominators'.
    assert.equal(pageAmount({ ...BASE, nominators: [] }), 50_000n + 45_000n);
    assert.equal(pageAmount(BASE), 500_000n);
  });

  test('pages share the commission by stake, and own stake is paid with the first alone', () => {
    const first = pageAmount({ ...BASE, nominated: 600n, nominators: [600n] });
    const second = pageAmount({ ...BASE, own: 0n, nominated: 300n, nominators: [300n] });
    assert.equal(first, 35_000n + 45_000n + 270_000n);
    assert.equal(first + second, 500_000n);
  });

  test('no points and no reward give nothing; shares round down, products to the nearest with a half down', () => {
    assert.equal(pageAmount({ ...BASE, points: 0n }), 0n);
    assert.equal(pageAmount({ ...BASE, eraReward: 0n }), 0n);
    const alone = { ...BASE, commissionPerbill: 0n, total: 1n, own: 1n, nominated: 0n, nominators: [] };
    // A third is 333333333 of 10^9.
    assert.equal(pageAmount({ ...alone, totalPoints: 3n, eraReward: 10n ** 10n }), 3_333_333_330n);
    assert.equal(pageAmount({ ...alone, eraReward: 3n }), 1n);
    assert.equal(pageAmount({ ...alone, totalPoints: 4n, points: 3n, eraReward: 1n }), 1n);
  });

  test('the pages of a validator never pay more than its part of the era, but for the rounding', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 18n });
    fc.assert(
      fc.property(
        fc.record({ eraReward: amount, own: amount, commission: fc.integer({ min: 0, max: 1_000_000_000 }) }),
        fc.array(fc.array(fc.bigInt({ min: 1n, max: 10n ** 15n }), { maxLength: 5 }), {
          minLength: 1,
          maxLength: 4,
        }),
        ({ eraReward, own, commission }, pages) => {
          const sum = (list: readonly bigint[]) => list.reduce((total, each) => total + each, 0n);
          const total = own + sum(pages.flat());
          const paid = sum(
            pages.map((nominators, page) =>
              pageAmount({
                ...BASE,
                eraReward,
                commissionPerbill: BigInt(commission),
                total,
                own: page === 0 ? own : 0n,
                nominated: sum(nominators),
                nominators,
              }),
            ),
          );
          const parts = BigInt(pages.flat().length + 3 * pages.length);
          assert.ok(total === 0n || paid <= eraReward / 2n + parts, `${paid} of ${eraReward / 2n}`);
        },
      ),
    );
  });
});
