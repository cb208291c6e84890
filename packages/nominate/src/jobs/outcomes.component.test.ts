import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { known } from '../facts/fact.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { changeIntents, endIntents, jobHarness, LANDED } from '../testing/job-harness.ts';
import { HOUR_MS } from '../testing/records.ts';
import type { Ending } from '../transactions/index.ts';

const ERA = 2_200;
const PREPARE = ['candidates', 'releases', 'snapshot', 'history', 'standings'];

const harness = harnessOfEachTest();
beforeEach(() => {
  // Asset Hub: while an era is active, the voters of the next one were read already.
  harness.chainSays.ahead = 2;
});

const FAILED = { result: 'failed', reason: 'inner-failed', detail: '' } as const;

/** Ends every open nomination; each is included unless the test sets another result. Returns all targets. */
async function land(ending: Ending = LANDED): Promise<readonly string[]> {
  return (await endIntents(harness.store, ending)).flatMap(({ targets }) => targets);
}

async function era(next: number, elected: readonly string[], ...more: readonly string[]): Promise<void> {
  harness.chainSays.era = next;
  harness.chainSays.activeSet = elected;
  await harness.clock.advance(HOUR_MS);
  await harness.run('snapshot', 'history', 'standings', ...more);
}

async function outcomesOf(id: string) {
  const { aftermath } = (await harness.store.rounds.get(id)) ?? assert.fail('the round is there');
  return aftermath.outcomes.map(({ era: of, elected }) => [of, elected.length]);
}

describe('the outcome of a round', () => {
  test('is of the eras that its nominations count for, and of no other', async () => {
    const { store } = harness;
    await harness.run(...PREPARE, 'round');
    const id = (await store.rounds.newest())?.id ?? '';
    const [, last] = (await store.intents.open()).map(({ state }) => state.targets);
    const first = await land();
    await harness.run('outcomes');
    assert.deepEqual(await outcomesOf(id), [], 'the outcome is still unknown');
    // Elected by votes of before: none of it is the round's.
    await era(ERA + 1, first.slice(0, 2), 'round', 'outcomes');
    assert.deepEqual(await outcomesOf(id), []);
    const second = (await store.rounds.newest())?.id ?? '';
    assert.notEqual(second, id);
    await land();
    await era(ERA + 2, first.slice(0, 5), 'outcomes');
    assert.deepEqual(await outcomesOf(id), [[ERA + 2, 5]]);
    // From here on the next nomination of the first nominator counts. The round left no targets for the
    // second, whose earlier nomination stays in force.
    assert.ok(last !== undefined && last.length < first.length);
    await era(ERA + 3, first, 'outcomes');
    assert.deepEqual(await outcomesOf(id), [
      [ERA + 2, 5],
      [ERA + 3, last.length],
    ]);
    assert.deepEqual(
      (await outcomesOf(second)).map(([of]) => of),
      [ERA + 3],
    );
    const { rows } = await store.rounds.list({ limit: 9, after: null });
    assert.equal(
      rows.find((row) => row.id === id)?.electedCount,
      new Set([...first.slice(0, 5), ...last]).size,
    );
  });

  test('has the points that its targets earned in the era, once it is over', async () => {
    await harness.run(...PREPARE, 'round');
    const id = (await harness.store.rounds.newest())?.id ?? '';
    const [target = '', ...others] = await land();
    await harness.run('outcomes');
    await era(ERA + 2, [target, ...others], 'outcomes');
    const earned = (points: number) => new Map([[target, points]]);
    harness.chainSays.points = new Map([[ERA + 2, earned(40).set('another', 60)]]);
    await era(ERA + 3, [target], 'outcomes');
    harness.chainSays.points = new Map([[ERA + 3, earned(50)]]);
    await era(ERA + 4, [], 'outcomes');
    const { aftermath } = (await harness.store.rounds.get(id)) ?? assert.fail('the round is there');
    assert.deepEqual(
      aftermath.outcomes.slice(0, 2).map(({ era: of, points }) => [of, points]),
      [
        [ERA + 2, { [target]: 40 }],
        [ERA + 3, { [target]: 50 }],
      ],
    );
  });

  test('defect 10: a nomination that did not land has no outcome', async () => {
    await harness.run(...PREPARE, 'round', 'outcomes');
    const id = (await harness.store.rounds.newest())?.id ?? '';
    await land(FAILED);
    await era(ERA + 2, harness.chainSays.activeSet, 'outcomes');
    assert.deepEqual(await outcomesOf(id), []);
  });

  describe('that was promised for a later era', () => {
    /** According to the intent, its proxy waits long. It is in the state of the block `seen`. */
    async function landLate(seen: bigint): Promise<readonly string[]> {
      await changeIntents(harness.store, ({ intent }) => ({ intent: { ...intent, forEra: ERA + 3 }, seen }));
      return land();
    }
    const height = () =>
      harness.chainSays.snapshot.sources.staking?.block?.number ?? assert.fail('has a block');

    test('begins with an election whose voters were not read yet when the chain had it', async () => {
      await harness.run(...PREPARE, 'round');
      const id = (await harness.store.rounds.newest())?.id ?? '';
      const targets = await landLate(height());
      await harness.run('outcomes');
      await era(ERA + 2, targets.slice(0, 3), 'outcomes');
      assert.deepEqual(await outcomesOf(id), [[ERA + 2, 3]]);
    });

    test('begins with the promised era if the election was read before', async () => {
      await harness.run(...PREPARE, 'round');
      const id = (await harness.store.rounds.newest())?.id ?? '';
      const targets = await landLate(height() + 1n);
      await harness.run('outcomes');
      await era(ERA + 2, targets.slice(0, 3), 'outcomes');
      await era(ERA + 3, targets.slice(0, 4), 'outcomes');
      assert.deepEqual(await outcomesOf(id), [[ERA + 3, 4]]);
    });

    test('ends when a later one counts, also one that was promised for an earlier era', async () => {
      const { store } = harness;
      await harness.run(...PREPARE, 'round');
      const id = (await store.rounds.newest())?.id ?? '';
      const [, last] = (await store.intents.open()).map(({ state }) => state.targets);
      const targets = await landLate(height() + 1n);
      await harness.run('outcomes');
      await era(ERA + 1, [], 'round');
      await changeIntents(store, ({ intent }) => ({
        intent: { ...intent, forEra: ERA + 2 },
        seen: height() + 2n,
      }));
      await land();
      await era(ERA + 3, targets, 'outcomes');
      // The round left no targets for the second nominator, whose earlier nomination stays in force.
      assert.deepEqual(await outcomesOf(id), [[ERA + 3, last?.length]]);
    });
  });

  test('stays when its intents are forgotten', async () => {
    await harness.run(...PREPARE, 'round');
    const id = (await harness.store.rounds.newest())?.id ?? '';
    const targets = await land();
    await era(ERA + 2, targets.slice(0, 3), 'outcomes');
    assert.ok((await harness.store.intents.prune(0)) > 0);
    await era(ERA + 3, targets.slice(0, 4), 'outcomes');
    assert.deepEqual(await outcomesOf(id), [
      [ERA + 2, 3],
      [ERA + 3, 4],
    ]);
  });
});

describe('defect 9: rank', () => {
  test('the period that a nomination counts for has its point, and none before', async () => {
    const { store, chainSays } = harness;
    await harness.run(...PREPARE, 'round');
    const [target = ''] = await land();
    const { snapshot } = chainSays;
    const eras = [ERA - 1, ERA, ERA + 1, ERA + 2, ERA + 3];
    chainSays.snapshot = {
      ...snapshot,
      eras: { ...snapshot.eras, read: { known: true, value: eras, from: 'staking' } },
      candidates: snapshot.candidates.map((record) => ({
        ...record,
        erasWithPoints: { known: true, value: eras, from: 'staking' },
      })),
    };
    await era(ERA + 4, []);
    const periods = (await store.history.of([target])).get(target)?.periods ?? [];
    assert.deepEqual(
      periods.filter(({ firstEra }) => eras.includes(firstEra)).map((one) => [one.firstEra, one.nominated]),
      eras.map((of) => [of, of >= ERA + 2]),
    );
  });

  test('read bit by bit or all at once, periods and faults are the same', async () => {
    const { store, chainSays } = harness;
    await harness.run(...PREPARE, 'round');
    const [target = ''] = await land();
    const { snapshot } = chainSays;
    const read = async (first: number, last: number): Promise<void> => {
      const eras = Array.from({ length: last - first + 1 }, (_, at) => first + at);
      chainSays.snapshot = {
        ...snapshot,
        eras: { ...snapshot.eras, read: { known: true, value: eras, from: 'staking' } },
      };
      await era(last + 1, []);
    };
    // Windows that overlap, as when a service reads the last eras again after each restart.
    for (const last of [ERA + 3, ERA + 4, ERA + 6, ERA + 9]) await read(last - 5, last);
    const bits = (await store.history.of([target])).get(target);
    await read(ERA - 2, ERA + 9);
    assert.deepEqual((await store.history.of([target])).get(target), bits);
    assert.equal(bits?.periods.filter(({ firstEra }) => firstEra >= ERA - 2).length, 12);
  });

  test('with a bound on periods, the rank is the same, and the rows stay few', async () => {
    const ranksWith = async (most: number) => {
      const own = await jobHarness({}, harness.clock);
      own.settings.retention = { ...own.settings.retention, periods: most };
      await own.run('candidates', 'releases');
      const { snapshot } = own.chainSays;
      // The chain shows thirty eras, so also eras of periods that are in the digest.
      for (let last = ERA; last < ERA + 60; last += 4) {
        const eras = Array.from({ length: 30 }, (_, at) => last - 29 + at);
        own.chainSays.snapshot = {
          ...snapshot,
          eras: { ...snapshot.eras, read: known(eras, 'staking') },
          candidates: snapshot.candidates.map((record, at) => ({
            ...record,
            erasWithPoints: known(
              eras.filter((era) => era % (at + 2) !== 0),
              'staking',
            ),
          })),
        };
        own.chainSays.era = last + 1;
        await harness.clock.advance(300_000);
        await own.run(...PREPARE);
      }
      const keys = snapshot.candidates.map(({ candidate }) => candidate.stashKey);
      const books = await own.store.history.of(keys);
      const ranks: number[] = [];
      for (const key of keys) ranks.push((await own.store.standings.get(key))?.rank ?? -1);
      await own.close();
      return { ranks, books: [...books.values()] };
    };
    const [all, few] = [await ranksWith(1_000), await ranksWith(20)];
    assert.ok(all.ranks.some((rank) => rank > 30));
    assert.deepEqual(few.ranks, all.ranks);
    assert.ok(all.books.every(({ periods, earlier }) => periods.length > 80 && earlier === undefined));
    for (const { periods, earlier } of few.books)
      assert.deepEqual([periods.length, earlier?.untilEra], [20, (periods[0]?.firstEra ?? 0) - 1]);
  });
});
