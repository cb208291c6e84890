import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { known } from '../facts/fact.ts';
import { presetProgramme } from '../rounds/presets.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';

/** The active era of the fake chain. */
const ERA = 2_200;

const harness = harnessOfEachTest();

describe('decided deviations from the Thousand Validators backend', () => {
  for (const [network, newest, oldest] of [
    ['polkadot', 3, 4],
    ['kusama', 6, 7],
  ] as const)
    test(`${network}: a nomination is stale from ${oldest} eras on`, async () => {
      harness.settings.programme = presetProgramme(
        { network, profile: '1kv' },
        harness.settings.nominators.map(({ name, stashKey }) => ({ name, stashKey })),
      );
      let age: number = newest;
      harness.chainSays.nominatorSays = () => ({ submittedIn: known(ERA - age, 'staking') });
      const isStale = async (): Promise<boolean> => {
        await harness.run('candidates', 'snapshot', 'watch');
        return (await harness.store.notices.open()).some(({ key }) => key.startsWith('stale '));
      };
      assert.equal(await isStale(), false);
      age = oldest;
      assert.equal(await isStale(), true);
    });

  test('the median of the points of an era is the mean of the middle two of an even number', async () => {
    const points = (...of: readonly number[]) => new Map(of.map((each, at) => [`0x${at}`, each]));
    harness.chainSays.points = new Map([
      [ERA - 3, points(10, 20, 61, 100)],
      [ERA - 2, points(100, 20, 10)],
      [ERA - 1, points()],
    ]);
    await harness.run('candidates', 'snapshot');
    const eras = await harness.store.points.eras();
    assert.deepEqual(eras.map(({ era, median }) => [era, median]).sort(), [
      [ERA - 3, 40.5],
      [ERA - 2, 20],
      [ERA - 1, 0],
    ]);
  });
});
