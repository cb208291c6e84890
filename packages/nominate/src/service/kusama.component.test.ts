import assert from 'node:assert/strict';
import { beforeEach, describe, type TestContext, test } from 'node:test';
import { writeAddress } from '@watchbill/chain/address';
import { field } from '@watchbill/kit/testing';
import { testSite } from '../api/testing/site.ts';
import { kusamaRank } from '../checks/kusama-rank.ts';
import { readNote } from '../jobs/notes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { type JobHarness, jobHarness } from '../testing/job-harness.ts';
import { DAY_MS, HOUR_MS, keyOf, NOON_MS } from '../testing/records.ts';
import { serviceShape } from './config.ts';
import { readyConfig } from './ready.ts';
import { openWorld } from './world.ts';

const LOCAL = readyConfig({ network: 'local', topology: 'process', purpose: 'development' });
const NOBODY = writeAddress({ prefix: 2, publicKey: keyOf(77) });

/** The pages of the other programme. */
let pages: (signal: AbortSignal) => Promise<readonly string[]>;
const harness = harnessOfEachTest({ kusama: (signal) => pages(signal) });

beforeEach(() => {
  pages = async () => [];
});

const detailOf = () => harness.detailOf('kusama');
const noticeOf = async () => (await harness.store.notices.open()).find(({ key }) => key === 'kusama-list');

/** The first candidates name these stashes. */
async function name(...stashes: readonly string[]): Promise<void> {
  const list = JSON.parse(harness.chainSays.list) as { candidates: object[] };
  const candidates = list.candidates.map((each, at) =>
    stashes[at] === undefined ? each : { ...each, kusamaStash: stashes[at] },
  );
  harness.chainSays.list = JSON.stringify({ candidates });
  await harness.run('candidates');
}

async function taken({ run, snapshot }: JobHarness = harness): Promise<Snapshot> {
  await run('snapshot');
  return snapshot();
}

/** The result of the check for the candidate at a position of the list. */
function checked(snapshot: Snapshot, at: number) {
  const prepared = kusamaRank.prepare({ minimum: 0 });
  const record = snapshot.candidates[at];
  assert.ok(prepared.ok && record !== undefined);
  return prepared.run({ snapshot, record });
}

describe('defect 24: the list of another programme of this service, over HTTP', () => {
  const served = async (context: TestContext, query: string, candidates: number) => {
    const { app, filled } = await testSite(context, { candidates, rounds: 1 });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const world = await openWorld({
      ...{ dir: '.', store: harness.store, settings: harness.settings, recorded: harness.chainSays.snapshot },
      ...{ signers: new Map(), channels: [], fetch, clock: harness.clock, database: { file: ':memory:' } },
      config: serviceShape.parse({ ...LOCAL, kusama: `${url}/candidates${query}` }),
      tell: () => undefined,
    });
    context.after(world.close);
    pages = world.kusama ?? assert.fail('no programme of Kusama is configured');
    return filled.standings;
  };

  test('with more candidates than it gives at once is read whole', async (context) => {
    const standings = await served(context, '', 1_001);
    await harness.run('kusama');
    const note = await readNote(harness.store, 'kusama');
    assert.deepEqual(new Set(note?.standings.map(([key]) => key)), new Set(standings.map(field('stashKey'))));
  });

  test('the check takes valid, invalid and undecided from there, with the age of that reading', async (context) => {
    const standings = await served(context, '?limit=25', 150);
    const stashOf = (verdict: string) =>
      standings.find((one) => one.verdict === verdict)?.stash ?? assert.fail(verdict);
    await name(stashOf('valid'), stashOf('invalid'), stashOf('undecided'), NOBODY);
    await harness.run('kusama');
    await harness.clock.advance(20 * 60_000);
    await harness.run('candidates');
    const snapshot = await taken();
    const outcomes = [0, 1, 2, 3].map((at) => checked(snapshot, at).outcome);
    assert.deepEqual(outcomes, ['pass', 'fail', 'unknown', 'fail']);
    assert.match(
      checked(snapshot, 2).message,
      /^whether its Kusama stash is valid there is not decided: [A-Z]/,
    );
    for (const at of [0, 1, 2, 3]) {
      const [evidence] = checked(snapshot, at).evidence;
      assert.deepEqual([evidence?.source, evidence?.ageMs], ['kusama', 20 * 60_000]);
    }
  });
});

describe('a list that is no whole one', () => {
  const listOf = (count: number) => async () => [
    JSON.stringify(
      Array.from({ length: count }, (_, n) => ({
        ...{ stash: writeAddress({ prefix: 2, publicKey: keyOf(n) }), rank: 9, valid: true },
      })),
    ),
  ];
  const first = writeAddress({ prefix: 2, publicKey: keyOf(0) });
  const last = writeAddress({ prefix: 2, publicKey: keyOf(9) });

  beforeEach(async () => {
    await name(first, last);
    pages = listOf(10);
    await harness.run('kusama');
    await harness.clock.advance(3 * HOUR_MS);
  });

  for (const [what, broken, why] of [
    ['an empty one', listOf(0), /it has no candidates/],
    ['less than half', listOf(4), /it has 4 candidates, but had 10 before; .* write `kusamaLeast: 4`/],
    ['somebody twice', async () => [...(await listOf(9)()), ...(await listOf(1)())], /it lists \S+ twice/],
    ['no list', async () => ['{"message":"rate limit"}'], /page 1, the list/],
  ] as const)
    test(`${what} is rejected: the earlier list stays in use, with its age, and a notice opens`, async () => {
      pages = broken;
      await harness.run('kusama');
      const notice = await noticeOf();
      assert.match(notice?.text ?? '', why);
      assert.match(
        notice?.text ?? '',
        /the earlier list, read 3 h 0 min ago, stays in use: .*Check that the address/,
      );
      assert.deepEqual([notice?.severity, await detailOf()], ['warning', notice?.text]);
      const snapshot = await taken();
      for (const at of [0, 1]) assert.equal(checked(snapshot, at).outcome, 'pass');
      assert.equal(checked(snapshot, 0).evidence[0]?.ageMs, 3 * HOUR_MS);
      pages = listOf(10);
      await harness.run('kusama');
      assert.equal(await noticeOf(), undefined);
    });

  test('half of it is taken, and so is any that a person allows', async () => {
    pages = listOf(5);
    await harness.run('kusama');
    assert.equal(await detailOf(), '5 standings');
    assert.equal(checked(await taken(), 1).outcome, 'fail');
    harness.settings.kusamaLeast = 2;
    pages = listOf(2);
    await harness.run('kusama');
    assert.equal(await detailOf(), '2 standings');
    pages = listOf(1);
    await harness.run('kusama');
    assert.match(await detailOf(), /it has 1 candidate, but `kusamaLeast` is 2/);
  });

  test('a page that cannot be fetched fails the job, and changes no data', async () => {
    pages = () => Promise.reject(new Error('kusama.example answered 503'));
    await assert.rejects(harness.run('kusama'), /answered 503/);
    assert.equal(checked(await taken(), 1).outcome, 'pass');
  });

  test('after a week without a new list the standings are unknown', async () => {
    await harness.clock.run(NOON_MS + 7 * DAY_MS + 60_000);
    await harness.run('candidates');
    const { outcome, evidence } = checked(await taken(), 0);
    assert.deepEqual(
      [outcome, evidence[0]?.value],
      ['unknown', 'unknown: the programme of Kusama was last read 7 d 0 h ago'],
    );
  });

  test('without any list no candidate fails', async () => {
    const other = await jobHarness({ kusama: listOf(0) }, harness.clock);
    try {
      other.chainSays.list = harness.chainSays.list;
      await other.run('candidates', 'kusama');
      assert.equal(checked(await taken(other), 0).outcome, 'unknown');
    } finally {
      await other.close();
    }
  });
});
