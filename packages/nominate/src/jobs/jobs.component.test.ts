import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { field, fields } from '@watchbill/kit/testing';
import { replayFromText } from '../operations/round.ts';
import { encodeStored } from '../rounds/stored.ts';
import type { ProgrammeStore } from '../storage/port.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { endIntents, type JobHarness, jobHarness } from '../testing/job-harness.ts';
import { JOBS } from './all-jobs.ts';
import type { Job } from './job.ts';
import { readNote } from './notes.ts';
import { dueJobs } from './planner.ts';
import { LEASE_MS, runJob } from './run-job.ts';
import { FAKE_ELECTION } from './testing/fake-world.ts';

const harness = harnessOfEachTest();
let store: ProgrammeStore;
let chainSays: JobHarness['chainSays'];
let run: JobHarness['run'];
const STOP = new AbortController().signal;

beforeEach(() => {
  ({ store, chainSays, run } = harness);
});

const PASS = JOBS.map(({ name }) => name);

describe('a pass of all jobs', () => {
  test('ends in a round that replays, with intents, standings, points, payouts and progress rows', async () => {
    await run(...PASS);
    const round = await store.rounds.newest();
    assert.ok(round !== null && round.nominatedCount > 0);
    const stored = await store.rounds.get(round.id);
    assert.ok(stored !== null);
    const replay = replayFromText(encodeStored(stored));
    assert.equal(replay.ok && replay.result.result, 'same');
    const open = await store.intents.open();
    assert.equal(open.length, 2);
    assert.ok(open.every(({ state }) => state.intent.deadlineRelay === FAKE_ELECTION));
    // The fake stashes nominated five eras ago: what is set later came after the round.
    assert.ok(open.every(({ state: { intent } }) => intent.sinceEra === intent.era - 4));
    assert.equal((await store.standings.counts()).all, 24);
    assert.equal((await store.standings.counts()).active, 9);
    assert.equal((await store.payouts.unclaimed({ limit: 10, after: null })).total, 2);
    assert.deepEqual((await store.jobs.all()).map(field('name')), PASS.toSorted());
    for (const row of await store.jobs.all()) {
      assert.equal(row.state, 'succeeded');
      assert.ok(row.detail.length > 0 && row.nextMs !== null);
    }
  });

  test('run again, also after any of them was interrupted, have no further effect', async () => {
    await run(...PASS);
    const seen = async () =>
      JSON.stringify([
        (await store.rounds.list({ limit: 9, after: null })).rows,
        (await store.intents.list({ limit: 9 })).map(({ id, state }) => [id, state]),
        await store.standings.counts(),
        (await store.history.faults({ limit: 99, after: null })).rows,
        await store.points.eras(),
      ]);
    const before = await seen();
    for (const name of PASS) await run(name, name);
    assert.equal(await seen(), before);
  });

  test('a round that was stored and not handed over is handed over with the next pass', async () => {
    await run('candidates', 'releases', 'snapshot', 'history', 'standings');
    const { add } = store.intents;
    Object.assign(store.intents, { add: () => Promise.reject(new Error('the process died')) });
    await assert.rejects(run('round'), /round failed: .*the process died/);
    Object.assign(store.intents, { add });
    assert.equal((await store.intents.open()).length, 0);
    await run('round');
    assert.equal((await store.intents.open()).length, 2);
    assert.equal((await store.rounds.list({ limit: 9, after: null })).total, 1);
  });
});

describe('candidates', () => {
  test('a broken list changes no data and opens a notice; a good one closes it', async () => {
    const { list } = chainSays;
    chainSays.list = list.replace('"slotId":3,', '"slotId":4,');
    await run('candidates');
    assert.match(
      (await store.notices.open())[0]?.text ?? '',
      /1 error and there is no earlier list: line 1: error/,
    );
    chainSays.list = list;
    await run('candidates');
    chainSays.list = list.replace('"slotId":3,', '"slotId":4,');
    await run('candidates');
    assert.equal((await readNote(store, 'candidates'))?.list.length, 24);
    assert.match((await store.notices.open())[0]?.text ?? '', /the earlier list stays in use: line 1: error/);
    chainSays.list = list;
    await run('candidates');
    assert.deepEqual(await store.notices.open(), []);
  });

  test('an empty list is ignored: the previous list stays, a notice opens, and no nomination loses its targets', async () => {
    const { list } = chainSays;
    chainSays.list = '{"candidates": []}';
    await run('candidates');
    assert.equal(await readNote(store, 'candidates'), null);
    assert.match((await store.notices.open())[0]?.text ?? '', /is empty and there is no earlier list/);
    chainSays.list = list;
    await run('candidates');
    assert.deepEqual(await store.notices.open(), []);
    chainSays.list = '{"candidates": []}';
    await run('candidates', 'snapshot');
    assert.equal((await readNote(store, 'candidates'))?.list.length, 24);
    assert.match((await store.notices.open())[0]?.text ?? '', /is empty and the earlier list stays in use/);
  });
});

describe('rounds', () => {
  const prepare = ['candidates', 'releases', 'snapshot', 'history', 'standings'] as const;

  test('defect 2: one round in an era, however many ticks; the next era has its own', async () => {
    for (let tick = 0; tick < 4; tick += 1) {
      await run(...prepare, 'round');
      await harness.clock.advance(300_000);
    }
    assert.equal((await store.rounds.list({ limit: 9, after: null })).total, 1);
    await endIntents(store);
    chainSays.era += 1;
    await run(...prepare, 'round', 'outcomes');
    const { rows, total } = await store.rounds.list({ limit: 9, after: null });
    assert.equal(total, 2);
    assert.ok((rows[1]?.electedCount ?? 0) > 0, 'who was elected after the first round is noted');
    assert.ok((await readNote(store, 'nominated'))?.some(([, eras]) => eras.includes(2_200)));
  });

  test('defect 10: only finalised blocks decide who was nominated', async () => {
    await run(...prepare, 'round', 'outcomes');
    assert.deepEqual(await readNote(store, 'nominated'), []);
  });

  const LATER = FAKE_ELECTION + 14_400n;
  for (const [name, relayHeight, delay, inclusionBlocks, deadline] of [
    ['misses the next election counts for the one after it', FAKE_ELECTION - 5n, 0, 30, LATER],
    [
      'would come as the voters may be read with any block counts for a later era',
      FAKE_ELECTION,
      0,
      30,
      LATER,
    ],
    ['has a proxy delay counts for the era that it certainly reaches', FAKE_ELECTION - 35n, 10, 30, LATER],
    ['needs as few blocks as the programme says is in time', FAKE_ELECTION - 5n, 0, 5, FAKE_ELECTION],
  ] as const)
    test(`a nomination that ${name}`, async () => {
      Object.assign(chainSays, { relayHeight, delay });
      harness.settings.inclusionBlocks = inclusionBlocks;
      await run(...prepare, 'round');
      const { intent } = (await store.intents.open())[0]?.state ?? assert.fail('no intent is open');
      const isNext = deadline === FAKE_ELECTION;
      assert.deepEqual([intent.deadlineRelay, intent.forEra], [deadline, chainSays.era + (isNext ? 1 : 2)]);
    });

  test('a cancelled nomination is not repeated in its era; a failed one is', async () => {
    for (const [reason, rounds] of [
      ['operator', 1],
      ['inner-failed', 2],
    ] as const) {
      await run(...prepare, 'round');
      await endIntents(store, { result: reason === 'operator' ? 'cancelled' : 'failed', reason, detail: '' });
      await harness.clock.advance(300_000);
      await run(...prepare, 'round');
      const own = (await store.rounds.list({ limit: 9, after: null })).rows;
      assert.equal(own.filter(({ era }) => era === chainSays.era).length, rounds, reason);
      chainSays.era += 1;
    }
  });

  test('readings and decisions are logged as they happen', async () => {
    await run(...prepare, 'round');
    const { told } = harness;
    assert.deepEqual(told.map(field('event')), ['snapshot', 'round']);
    const [read, decided] = told;
    assert.match(read?.text ?? '', /^snapshot [0-9a-f]{12} read at block \d+, era 2200: 24 candidates$/);
    assert.match(
      decided?.text ?? '',
      /^round [0-9a-f]{12} of era 2200 decided: nominator 0: node 15, .*; nominator 1: node \d+, /,
    );
  });

  test('with a delay that is unknown or fits no election, no nomination begins', async () => {
    for (const delay of [null, 100_000]) {
      chainSays.delay = delay;
      await run(...prepare, 'round');
      assert.deepEqual(await store.intents.open(), []);
    }
    const key = `no deadline ${chainSays.snapshot.nominators[0]?.stashKey}`;
    const told = await store.notices.get(key);
    assert.match(told?.text ?? '', /no nomination can be sent for .* shorten the delay of its proxy/i);
    assert.deepEqual([told?.severity, told?.closedMs], ['critical', null]);
    chainSays.delay = 10;
    await harness.clock.advance(300_000);
    await run(...prepare, 'round');
    assert.notEqual((await store.notices.get(key))?.closedMs, null);
  });

  test('a chain that cannot be read makes no round, and says which role failed', async () => {
    chainSays.failure = 'no endpoint answered';
    await run(...prepare, 'round', 'watch');
    assert.equal(await store.rounds.newest(), null);
    assert.ok(
      (await store.notices.open()).some(({ text }) => /the role staking .*no endpoint answered/.test(text)),
    );
  });

  test('defect 2, defect 16: a dry run sends nothing, and decides once in an era', async () => {
    const dry = await jobHarness({ transactions: null }, harness.clock);
    for (let tick = 0; tick < 3; tick += 1) {
      await dry.run(...prepare, 'round', 'transactions');
      await harness.clock.advance(300_000);
    }
    assert.deepEqual(await dry.store.intents.list({ limit: 9 }), []);
    assert.equal((await dry.store.rounds.list({ limit: 9, after: null })).total, 1);
    await dry.close();
  });
});

describe('notices to people', () => {
  test('a stalled era, old nominations, and payouts that expire, each until it is over', async () => {
    chainSays.stalled = true;
    await run('candidates', 'snapshot', 'payouts', 'watch');
    const keys = async () => (await store.notices.open()).map(({ key }) => key.split(' ')[0]).toSorted();
    assert.deepEqual(await keys(), ['era-stalled', 'payouts-expire', 'stale', 'stale']);
    chainSays.stalled = false;
    await run('snapshot', 'watch');
    assert.deepEqual(await keys(), ['payouts-expire', 'stale', 'stale']);
  });

  test('defect 22: a page is counted once, by its state, and expires the history depth after its era', async () => {
    await run('candidates', 'snapshot', 'snapshot', 'payouts', 'payouts');
    const { rows, total } = await store.payouts.unclaimed({ limit: 9, after: null });
    assert.equal(total, 2);
    assert.deepEqual(rows.map(fields('page', 'era', 'expiresEra')), [
      [1, 2_120, 2_205],
      [1, 2_120, 2_205],
    ]);
  });
});

describe('a job', () => {
  const slow = (work: Job['run']): Job => ({
    name: 'slow',
    everyMs: 5_000,
    deadlineMs: 60_000,
    after: [],
    run: work,
  });
  const started = (work: Job['run'], holder = 'test') =>
    runJob({ ...harness.parts(), holder }, slow(work), STOP);

  test('defect 3: does not overlap itself, in whichever process', async () => {
    const gate = Promise.withResolvers<string>();
    const first = started(() => gate.promise);
    assert.equal(await started(async () => 'x', 'another'), 'taken');
    gate.resolve('done');
    assert.equal(await first, 'succeeded');
    assert.equal(await started(async () => 'x', 'another'), 'succeeded');
  });

  test('keeps its lease for as long as it runs', async () => {
    const gate = Promise.withResolvers<string>();
    const long = { ...slow(() => gate.promise), deadlineMs: 3_600_000 };
    const end = runJob(harness.parts(), long, STOP);
    await harness.clock.advance(10 * 60_000);
    assert.equal(await runJob({ ...harness.parts(), holder: 'another' }, long, STOP), 'taken');
    gate.resolve('done');
    assert.equal(await end, 'succeeded');
    assert.equal(harness.clock.pending(), 0);
  });

  test('is stopped if another process took it over while this one was suspended', async () => {
    const gate = Promise.withResolvers<string>();
    const end = started(() => gate.promise);
    await harness.clock.advance(1);
    // The process and its timers do not advance.
    harness.clock.step(LEASE_MS);
    const other = started(() => gate.promise, 'another');
    await harness.clock.advance(10_000);
    assert.equal(await end, 'stopped');
    gate.resolve('done');
    assert.equal(await other, 'succeeded');
  });

  test('has a deadline, even if it ignores its signal, and its failure is shown with the remedy', async () => {
    const end = started(() => new Promise<string>(() => undefined));
    await harness.clock.advance(59_999);
    assert.equal((await store.jobs.all())[0]?.state, 'running');
    await harness.clock.advance(1);
    assert.equal(await end, 'failed');
    const [row] = await store.jobs.all();
    assert.deepEqual(
      [row?.state, row?.failureCount, row?.error],
      ['failed', 1, 'slow: no answer within 60000 ms'],
    );
    assert.equal(await started(async () => 'well'), 'succeeded');
    const [after] = await store.jobs.all();
    assert.deepEqual(
      [after?.error, after?.failureCount, after?.runCount, after?.detail],
      [null, 1, 2, 'well'],
    );
  });

  test('defect 27: its progress is shown while it runs', async () => {
    const gate = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    const done = started(async ({ progress }) => {
      await progress(0.5, 'half');
      told.resolve();
      await gate.promise;
      return 'all';
    });
    await told.promise;
    const [row] = await store.jobs.all();
    assert.deepEqual([row?.state, row?.progress, row?.detail], ['running', 0.5, 'half']);
    gate.resolve();
    await done;
  });

  test('that is stopped reports it, and is due at the next start', async () => {
    const stop = new AbortController();
    const work = slow(
      ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const end = runJob(harness.parts(), work, stop.signal);
    stop.abort(new Error('SIGTERM'));
    assert.equal(await end, 'stopped');
    const rows = await store.jobs.all();
    assert.deepEqual(dueJobs([work], rows, new Set(), harness.clock.nowMs()).map(field('name')), ['slow']);
  });
});
