import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { known, unknown } from '../facts/fact.ts';
import { judgeOf } from '../service/sending.ts';
import type { NominatorRecord } from '../snapshot/record-shapes.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { endIntents } from '../testing/job-harness.ts';
import { readNote } from './notes.ts';

const ERA = 2_200;
const harness = harnessOfEachTest();
/** Stash keys of candidates by their verdict. */
let good: readonly string[];
let bad: readonly string[];
let nominator: string;

beforeEach(async () => {
  await harness.run('candidates', 'releases', 'snapshot', 'history', 'standings');
  const { rows } = await harness.store.standings.list(
    { sort: 'slot', descending: false },
    { limit: 50, after: null },
  );
  const of = (verdict: string) =>
    rows.filter((row) => row.verdict === verdict).map(({ stashKey }) => stashKey);
  [good, bad] = [of('valid'), of('invalid')];
  assert.ok(good.length > 2 && bad.length > 1);
  nominator = harness.chainSays.snapshot.nominators[0]?.stashKey ?? assert.fail();
});

/** The first nominator backs these on chain, and is not due. */
async function backs(targets: NominatorRecord['targets'], ...jobs: readonly string[]): Promise<void> {
  const lately = { submittedIn: known(harness.chainSays.era, 'staking') } as const;
  harness.chainSays.nominatorSays = (stashKey) => ({
    ...lately,
    ...(stashKey === nominator ? { targets } : {}),
  });
  await harness.clock.advance(300_000);
  await harness.run('snapshot', 'history', 'standings', 'round', 'watch', ...jobs);
}
const on = (...keys: readonly (string | undefined)[]) =>
  known(
    keys.map((key) => key ?? assert.fail()),
    'staking',
  );
const notices = async () =>
  (await harness.store.notices.open()).filter(({ key }) => key.startsWith('still-backs '));
const chills = async () =>
  (await harness.store.intents.open()).flatMap(({ state: { intent } }) =>
    intent.call === 'chill' ? [[intent.nominator, ...intent.targets]] : [],
  );

describe('a nominator that backs a candidate that breaks the rules', () => {
  test('is a critical notice with nominator, candidate and reason, until the chain has other targets', async () => {
    await backs(on(good[0], bad[0]));
    const [notice, ...others] = await notices();
    assert.deepEqual(
      [notice?.key, notice?.severity, others.length],
      [`still-backs ${nominator} ${bad[0]}`, 'critical', 0],
    );
    const standing = await harness.store.standings.get(bad[0] ?? '');
    const failed = standing?.results.find(({ outcome }) => outcome === 'fail');
    const record = harness.chainSays.snapshot.nominators[0];
    assert.ok(
      notice?.text.startsWith(`${record?.name} still backs ${standing?.name} on chain: ${failed?.id}: `),
      notice?.text,
    );
    await backs(unknown('the item has another shape', 'staking'));
    assert.equal((await notices()).length, 1, 'unknown targets end no notice');
    await backs(on(good[0]));
    assert.deepEqual(await notices(), []);
    await backs(on(bad[0]));
    assert.deepEqual(await chills(), [], 'no programme chills unless it is asked to');
  });

  test('of a cohort: a member that is out, a stranger, and the end of the term', async () => {
    const { programme } = harness.settings;
    const cohort = {
      kind: 'cohort',
      name: 'spring',
      firstEra: 1,
      membersPerNominator: 2,
      evaluate: 'node',
    } as const;
    const members = [good[0] ?? '', bad[0] ?? ''];
    harness.settings.programme = { ...programme, mode: { ...cohort, lastEra: 9_999, members } };
    await backs(on(good[0], good[1]));
    assert.match((await notices())[0]?.text ?? '', /it is no member of spring/);
    assert.equal((await notices()).length, 1);
    harness.settings.programme = { ...programme, mode: { ...cohort, lastEra: ERA - 1, members } };
    await backs(on(good[0]));
    assert.match((await notices())[0]?.text ?? '', /the term of spring ended with era 2199/);
  });

  test('of one operator: a member whose other node fails is out', async () => {
    const { candidates } = harness.chainSays.snapshot;
    const of = (key: string | undefined) =>
      candidates.find(({ candidate }) => candidate.stashKey === key) ?? assert.fail();
    const list = JSON.parse(harness.chainSays.list);
    const { handles } = of(bad[0]).candidate;
    for (const entry of list.candidates)
      if (entry.stash === of(good[0]).candidate.stash) entry.riotHandle = handles[0];
    harness.chainSays.list = JSON.stringify(list);
    await harness.run('candidates');
    const members = [good[0] ?? '', bad[0] ?? ''];
    const { programme } = harness.settings;
    const term = { firstEra: 1, lastEra: 9_999, membersPerNominator: 2 };
    harness.settings.programme = {
      ...programme,
      mode: { kind: 'cohort', name: 'c', ...term, evaluate: 'operator', members },
    };
    await backs(on(good[0]));
    assert.match((await notices())[0]?.text ?? '', /of the same operator fails/);
  });
});

describe('a programme that chills', () => {
  beforeEach(() => {
    harness.settings.chill = true;
  });

  test('ends a nomination without a good target, once an era', async () => {
    await backs(on(bad[0], bad[1]));
    assert.deepEqual(await chills(), [[nominator, bad[0], bad[1]]]);
    await backs(on(bad[0], bad[1]));
    assert.equal((await chills()).length, 1);
    await endIntents(harness.store, { result: 'failed', reason: 'too-late', detail: '' });
    await backs(on(bad[0], bad[1]));
    assert.deepEqual(await chills(), [], 'not again in this era');
    harness.chainSays.era += 1;
    await backs(on(bad[0], bad[1]));
    assert.equal((await chills()).length, 1);
  });

  test('leaves one with a good target, with unknown targets or with none', async () => {
    for (const targets of [on(bad[0], good[0]), unknown('away', 'staking'), known(null, 'staking')])
      await backs(targets);
    assert.deepEqual(await chills(), []);
  });

  test('nominates instead if the round finds others', async () => {
    harness.chainSays.nominatorSays = () => ({ targets: on(bad[0]) });
    await harness.clock.advance(300_000);
    await harness.run('snapshot', 'history', 'standings', 'round');
    const calls = async () => (await harness.store.intents.open()).map(({ state }) => state.intent.call);
    assert.deepEqual(await calls(), ['nominate', 'nominate']);
    harness.chainSays.era += 1;
    await backs(on(bad[0]));
    assert.deepEqual(await calls(), ['nominate', 'nominate'], 'the open one is not superseded');
  });

  test('judges the targets again before it signs: good ones keep it, undecided ones hold it up', async () => {
    await backs(on(bad[0], bad[1]));
    const [open] = await harness.store.intents.open();
    const { intent } = open?.state ?? assert.fail();
    const judge = judgeOf(harness);
    const block = { height: 1n, hash: `0x${'00'.repeat(32)}` };
    const asked = (targets: readonly string[]) =>
      judge(intent, targets, 'chill', block, new AbortController().signal);
    const found = await asked(intent.targets);
    assert.ok(found.result === 'judged');
    assert.deepEqual([found.keep, found.dropped.length], [[], 2]);
    const again = await asked([bad[0] ?? '', good[0] ?? '']);
    assert.deepEqual(again.result === 'judged' && again.keep, [good[0]]);
    const { snapshot } = harness.chainSays;
    const identity = unknown('the People chain is away', 'identity');
    harness.chainSays.snapshot = {
      ...snapshot,
      candidates: snapshot.candidates.map((record) => ({ ...record, identity })),
    };
    await backs(on(bad[0], bad[1]));
    const away = await asked([bad[0] ?? '', good[0] ?? '']);
    assert.match(away.result === 'unknown' ? away.why : '', /passes is not known/);
  });

  test('ends the eras of the nomination before it, and counts for no candidate', async () => {
    await backs(on(bad[0]));
    await endIntents(harness.store);
    await harness.run('outcomes');
    const landed = await readNote(harness.store, 'landed');
    assert.deepEqual(
      landed?.map(({ nominator: who, targets }) => [who, targets]),
      [[nominator, []]],
    );
  });
});
