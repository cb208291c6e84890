import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { known, unknown } from '../facts/fact.ts';
import { type Channel, deliver } from '../notify/index.ts';
import type { NominatorRecord } from '../snapshot/record-shapes.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { endIntents } from '../testing/job-harness.ts';
import { HOUR_MS } from '../testing/records.ts';

const ERA = 2_200;
const PREPARE = ['snapshot', 'history', 'standings'];

const harness = harnessOfEachTest();
let names: readonly string[];

beforeEach(async () => {
  names = harness.chainSays.snapshot.nominators.map(({ stashKey }) => stashKey);
  await harness.run('candidates', 'releases');
});

const [FIRST, SECOND] = [0, 1];
type Says = Record<number, Partial<NominatorRecord>>;

async function tick(says: Says): Promise<string> {
  harness.chainSays.nominatorSays = (stashKey) => says[names.indexOf(stashKey)] ?? {};
  await harness.clock.advance(300_000);
  await harness.run(...PREPARE, 'round');
  return harness.detailOf('round');
}

const openOf = async () =>
  (await harness.store.intents.open()).map(({ state }) => names.indexOf(state.intent.nominator));
const roundCount = async () => (await harness.store.rounds.list({ limit: 9, after: null })).total;
const targetsOf = async (nominator: number) =>
  (await harness.store.intents.list({ nominator: names[nominator] ?? '', limit: 9 })).length === 0
    ? []
    : ((await harness.store.intents.open()).find(({ state }) => state.intent.nominator === names[nominator])
        ?.state.targets ?? []);
const AWAY = { active: unknown('the node gave no answer', 'staking') } as const;
const DONE = { submittedIn: known(ERA, 'staking') } as const;

describe('a nominator that was not known when its era had its round', () => {
  test('has its turn as soon as it is, with targets that no other nominator has', async () => {
    await tick({ [SECOND]: AWAY });
    assert.deepEqual(await openOf(), [FIRST]);
    const taken = await targetsOf(FIRST);
    assert.equal(await tick({ [SECOND]: AWAY }), `era ${ERA} has had its round`);
    await tick({});
    assert.deepEqual(await openOf(), [FIRST, SECOND]);
    assert.equal(await roundCount(), 2);
    const others = await targetsOf(SECOND);
    assert.ok(taken.length > 0 && others.length > 0);
    assert.deepEqual(
      others.filter((key) => taken.includes(key)),
      [],
    );
    for (let again = 0; again < 3; again += 1) assert.equal(await tick({}), `era ${ERA} has had its round`);
  });

  test('also after the others have landed: their targets on chain are not given again', async () => {
    await tick({ [SECOND]: AWAY });
    const taken = await targetsOf(FIRST);
    await endIntents(harness.store);
    await tick({ [FIRST]: { ...DONE, targets: known([...taken], 'staking') } });
    assert.deepEqual(await openOf(), [SECOND]);
    assert.deepEqual(
      (await targetsOf(SECOND)).filter((key) => taken.includes(key)),
      [],
    );
  });

  test('is not the turn of one that a person called off', async () => {
    await tick({ [SECOND]: AWAY });
    await endIntents(harness.store, { result: 'cancelled', reason: 'operator', detail: '' });
    const line = await tick({});
    assert.match(line, /nominator 0 was called off for era 2200, nominator 1 nominates for era 2201/);
    assert.deepEqual(await openOf(), [SECOND]);
  });

  test('is bounded: an era has at most four rounds', async () => {
    for (let n = 0; n < 6; n += 1) {
      await tick({});
      await endIntents(harness.store, { result: 'failed', reason: 'inner-failed', detail: '' });
    }
    assert.equal(await roundCount(), 4);
  });
});

test('the notice of a round is reported once, and does not stay open: rounds leave no open notices', async () => {
  const got: (readonly [string, boolean])[] = [];
  const channel: Channel = {
    ...{ name: 'test', least: 'info' as const, perMinute: 99 },
    send: async ({ key, isOver }) => {
      got.push([key, isOver]);
    },
  };
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    await tick({});
    ids.push(`round ${(await harness.store.rounds.newest())?.id.slice(0, 12)}`);
    for (let again = 0; again < 2; again += 1)
      await deliver(harness.store, [channel], harness.clock.nowMs, new AbortController().signal);
    await endIntents(harness.store);
    harness.chainSays.era += 1;
    await harness.clock.advance(HOUR_MS);
  }
  assert.deepEqual(
    got.filter(([key]) => key.startsWith('round ')),
    ids.map((key) => [key, false]),
  );
  assert.ok((await harness.store.notices.open()).every(({ key }) => !key.startsWith('round ')));
});
