import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brokenEnds, brokenLeases } from './fake-broken-life.ts';
import { brokenReads, brokenWatches } from './fake-broken-reads.ts';
import { brokenTransactions } from './fake-broken-transactions.ts';
import { fakeEngine } from './fake-engine.ts';
import { checkLaw, conformance, type Harness, type Law, laws } from './index.ts';

const broken = [...brokenTransactions, ...brokenReads, ...brokenWatches, ...brokenLeases, ...brokenEnds];
const settings = { leaseTtlMs: 1_000, leasesEndWithProcess: false, lostCallTimeoutMs: 20 };
const sound: Harness = { ...settings, open: async () => fakeEngine((parts) => parts.sound) };

/** The laws whose names match; throws if a pattern matches none or several. */
function lawsNamed(patterns: readonly RegExp[]): Law[] {
  return patterns.map((pattern) => {
    const matching = laws.filter((law) => pattern.test(law.name));
    const [law] = matching;
    assert.ok(law !== undefined && matching.length === 1, `${pattern} matches ${matching.length} laws`);
    return law;
  });
}

// The next tests show that stores fail because they are broken: this one, with the same means, keeps every
// law.
conformance('the sound fake', sound);

describe('the suite notices a store that', { concurrency: true }, () => {
  for (const { name, spoil, noticedBy } of broken) {
    test(name, { concurrency: true }, async () => {
      const unnoticed: string[] = [];
      const check = async (law: Law) => {
        const harness = { ...settings, open: async () => fakeEngine(spoil) };
        await checkLaw(law, harness).then(
          () => unnoticed.push(law.name),
          (error: unknown) => {
            // A slip in the fake itself must not pass for a law that noticed.
            if (error instanceof TypeError || error instanceof ReferenceError) throw error;
          },
        );
      };
      await Promise.all(lawsNamed(noticedBy).map(check));
      assert.deepEqual(unnoticed, []);
    });
  }
});

describe('the suite', () => {
  test('has a broken store for every law', () => {
    const noticing = new Set(broken.flatMap(({ noticedBy }) => lawsNamed(noticedBy)));
    const never = laws.filter((law) => !noticing.has(law)).map((law) => law.name);
    assert.deepEqual(never, []);
  });

  test('gives each law a different name', () => {
    assert.equal(new Set(laws.map((law) => law.name)).size, laws.length);
  });

  test('fails a law whose capability is neither there nor declared missing', async () => {
    const law = laws.find((one) => one.needs?.includes('reopen') === true);
    assert.ok(law !== undefined);
    const open = async () => {
      const { reopen: _, ...rest } = fakeEngine((parts) => parts.sound);
      return rest;
    };
    await assert.rejects(checkLaw(law, { ...settings, open }), /no reopen: add it, or declare/);
  });
});
