// The guard is killed with SIGKILL between any two of its steps. No key is placed by half, no two machines
// hold keys, and after a restart the pair settles with one active machine that holds all of them.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  askFor,
  type GuardFailpoint,
  type MachineName,
  type PairProcesses,
  pairProcesses,
} from '@watchbill/guard/testing';

/** The way to a place: the start, a clock that steps back, a handover, the silence of alpha. */
type Way = 'start' | 'step' | 'handover' | 'fence';

const WAYS: Readonly<Record<GuardFailpoint, Way>> = {
  'before-mark': 'start',
  'after-mark': 'start',
  'before-draft': 'start',
  'after-draft': 'start',
  'after-rename': 'start',
  'after-place': 'start',
  'before-withdraw': 'step',
  'after-withdraw': 'step',
  'before-clear': 'handover',
  'after-clear': 'handover',
  'after-node-end': 'handover',
  'before-handover': 'handover',
  'after-handover': 'handover',
  'after-fence': 'fence',
  'before-take-over': 'fence',
  'after-take-over': 'fence',
  'before-term': 'start',
  'after-term': 'start',
};

/** Begins with the victim at its failpoint, and ends when it was killed there. */
const UNTIL_KILLED: Readonly<Record<Way, (pair: PairProcesses, failpoint: string) => Promise<MachineName>>> =
  {
    start: async (pair, failpoint) => {
      pair.start('bravo');
      pair.start('alpha', failpoint);
      return 'alpha';
    },
    step: async (pair, failpoint) => {
      pair.start('bravo');
      pair.start('alpha', failpoint);
      await pair.untilSettled();
      pair.step('alpha', -30_000);
      return 'alpha';
    },
    handover: async (pair, failpoint) => {
      pair.start('bravo');
      pair.start('alpha', failpoint);
      await pair.untilSettled();
      await pair.put(askFor('bravo'));
      return 'alpha';
    },
    fence: async (pair, failpoint) => {
      pair.start('alpha');
      pair.start('bravo', failpoint);
      await pair.untilSettled();
      await pair.kill('alpha');
      return 'bravo';
    },
  };

/** The machine that is active in the end. */
const HOLDER: Readonly<Record<Way, MachineName>> = {
  start: 'alpha',
  step: 'alpha',
  handover: 'bravo',
  fence: 'bravo',
};

async function killedAt(t: TestContext, failpoint: GuardFailpoint, visit: number): Promise<void> {
  const way = WAYS[failpoint];
  const pair = await pairProcesses(t, way === 'fence');
  const victim = await UNTIL_KILLED[way](pair, `${failpoint}:${visit}`);
  await pair.untilKilled(victim);
  pair.start(victim);
  const holder = await pair.untilSettled();
  assert.equal(holder, HOLDER[way]);
  if (way !== 'fence') return;
  pair.start('alpha');
  assert.equal(await pair.untilSettled(), 'bravo', 'the old machine is the standby');
}

describe('a guard that is killed', { concurrency: 8, timeout: 480_000 }, () => {
  for (const failpoint of Object.keys(WAYS) as GuardFailpoint[])
    it(`at ${failpoint} leaves no half key and no second holder, and settles again`, (t) =>
      killedAt(t as TestContext, failpoint, 1));

  for (const visit of [2, 3])
    it(`after key ${visit} was placed leaves it under a durable mark, and settles again`, (t) =>
      killedAt(t as TestContext, 'after-rename', visit));

  for (const failpoint of ['before-take-over', 'after-take-over'] as const)
    it(`in the command of a person, at ${failpoint}, leaves one holder`, async (t) => {
      const pair = await pairProcesses(t as TestContext, false);
      pair.start('alpha');
      pair.start('bravo');
      await pair.untilSettled();
      await pair.kill('alpha');
      await pair.command('bravo', `${failpoint}:1`);
      await pair.command('bravo');
      assert.equal(await pair.untilSettled(), 'bravo');
      pair.start('alpha');
      assert.equal(await pair.untilSettled(), 'bravo');
    });
});
