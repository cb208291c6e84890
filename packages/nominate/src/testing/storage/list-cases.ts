import assert from 'node:assert/strict';
import { digestOfText } from '@watchbill/kit';
import { field, fields } from '@watchbill/kit/testing';
import { replayFromText } from '../../operations/round.ts';
import { encodeStored, noteOutcome } from '../../rounds/stored.ts';
import { encodeSnapshot } from '../../snapshot/codec.ts';
import type { Fault } from '../../snapshot/history-shapes.ts';
import type { JobRow, NoticeRow, Standing, StandingFilter } from '../../storage/port.ts';
import { unpackText } from '../../storage/texts.ts';
import { fillProgramme } from '../programme/fill.ts';
import { goodRecord, keyOf, snapshotOf } from '../records.ts';
import { allRows, type StoreCase } from './storage-fixture.ts';

const BY_POSITION: StandingFilter = { sort: 'position', descending: false };

const fault = (change: Partial<Fault>): Fault => ({
  kind: 'offline',
  era: 9,
  atMs: 1_000,
  reason: 'away',
  evidence: [{ fact: 'sighting', value: 'offline', source: 'telemetry' }],
  ...change,
});

export const listCases: readonly StoreCase[] = [
  {
    title: 'a snapshot is kept under its digest, once, and the last that was put is the newest',
    run: async ({ store }) => {
      assert.equal(await store.snapshots.newest(), null);
      const [one, two] = [1, 2].map((n) => encodeSnapshot(snapshotOf([goodRecord(n)])));
      assert.ok(one !== undefined && two !== undefined);
      assert.deepEqual(await store.snapshots.put(one), { digest: digestOfText(one) });
      await store.snapshots.put(two);
      await store.snapshots.put(one);
      assert.equal((await store.snapshots.newest())?.digest, digestOfText(one));
      assert.equal(await store.snapshots.get(digestOfText(two)), two);
      assert.equal(await store.snapshots.get('nothing'), null);
    },
  },
  {
    title: 'a round is read back to the byte, is stored once, and keeps its texts when others are pruned',
    run: async ({ store }) => {
      const { rounds } = await fillProgramme(store, { candidates: 25, rounds: 4 });
      const [first = ''] = rounds;
      const stored = await store.rounds.get(first);
      assert.ok(stored !== null);
      const replay = replayFromText(encodeStored(stored));
      assert.equal(replay.ok && replay.result.result, 'same');
      assert.equal(await store.rounds.add(stored), 'exists');
      assert.equal(
        await store.rounds.add({ ...stored, aftermath: { transactions: [], outcomes: [] } }),
        'exists',
      );
      assert.deepEqual(await store.rounds.get(first), stored);
      await store.prune({ snapshots: 0, scores: 1, ended: 0, eras: 1 });
      assert.deepEqual(await store.rounds.get(first), stored);
    },
  },
  {
    title: 'a round of a stored snapshot is added by the digest of the snapshot',
    run: async ({ store }) => {
      const { rounds } = await fillProgramme(store, { candidates: 25, rounds: 1 });
      const stored = (await store.rounds.get(rounds[0] ?? '')) ?? assert.fail('the round');
      const { digest } = await store.snapshots.put(stored.snapshot);
      assert.equal(unpackText((await store.snapshots.packed(digest)) ?? assert.fail()), stored.snapshot);
      const { programme } = stored;
      const record = stored.record.replace('"forced":true', '"forced":false');
      assert.equal(await store.rounds.addDecided({ snapshot: digest, programme, record }), 'added');
      assert.equal(await store.rounds.addDecided({ snapshot: digest, programme, record }), 'exists');
      const made = await store.rounds.newest();
      assert.equal(made?.id, digestOfText(record));
      assert.equal(made?.madeAtMs, JSON.parse(stored.snapshot).takenAtMs);
      const aftermath = { transactions: [], outcomes: [] };
      assert.deepEqual(await store.rounds.get(made?.id ?? ''), { ...stored, record, aftermath });
      await assert.rejects(
        store.rounds.addDecided({ snapshot: 'none', programme, record }),
        /no snapshot none/,
      );
    },
  },
  {
    title: 'rounds: the newest first, page by page, by candidate, and with their outcomes',
    run: async ({ store }) => {
      const { rounds, records } = await fillProgramme(store, { candidates: 25, rounds: 5 });
      const rows = await allRows(store.rounds.list, 2);
      assert.deepEqual(rows.map(field('id')), rounds.toReversed());
      assert.equal((await store.rounds.newest())?.id, rounds.at(-1));
      assert.equal(rows[0]?.electedCount, null);
      const [first = ''] = rounds;
      const target = records[0]?.nominators.flatMap(({ targets }) => targets)[0] ?? '';
      const nominating = await store.rounds.nominating(target, 10);
      assert.ok(nominating.some(({ id }) => id === first));
      const stored = await store.rounds.get(first);
      assert.ok(stored !== null);
      const later = noteOutcome(stored, {
        era: 9_000,
        elected: [target, keyOf(9)],
        points: { [target]: 20 },
      });
      await store.rounds.setAftermath(first, {
        ...later.aftermath,
        outcomes: later.aftermath.outcomes.slice(-1),
      });
      assert.equal((await allRows(store.rounds.list, 10)).at(-1)?.electedCount, 1);
      await assert.rejects(store.rounds.setAftermath('none', later.aftermath), { code: 'request' });
    },
  },
  {
    title: 'standings: every order and filter, page by page, with all their evidence',
    run: async ({ store }) => {
      const names = ['Ölmühle', 'a_b', 'a%b', '<b>bold</b>', "Robert'); DROP TABLE standings;--", 'nul\0l'];
      const { standings } = await fillProgramme(store, { candidates: 40, rounds: 1, names });
      for (const sort of ['position', 'name', 'slot', 'rank'] as const)
        for (const descending of [false, true]) {
          const rows = await allRows((page) => store.standings.list({ sort, descending }, page), 7);
          assert.equal(new Set(rows.map(({ stashKey }) => stashKey)).size, standings.length);
          if (sort === 'slot') assert.deepEqual(rows.map(({ slotId }) => slotId)[0], descending ? 39 : 0);
          if (sort === 'position') assertPositions(rows, descending);
        }
      const found = async (filter: Partial<StandingFilter>) =>
        (await allRows((page) => store.standings.list({ ...BY_POSITION, ...filter }, page), 9)).length;
      const count = (fits: (one: Standing) => boolean) => standings.filter(fits).length;
      assert.equal(
        await found({ verdict: 'valid' }),
        count(({ verdict }) => verdict === 'valid'),
      );
      assert.equal(
        await found({ active: true }),
        count(({ active }) => active === true),
      );
      assert.equal(
        await found({ kyc: true }),
        count(({ kyc }) => kyc),
      );
      assert.deepEqual(
        [await found({ name: 'ÖLM' }), await found({ name: 'a_b' }), await found({ name: '%' })],
        [1, 1, 1],
      );
      assert.equal(await found({ name: "'); DROP" }), 1);
      const [first] = standings;
      assert.deepEqual(await store.standings.get(first?.stashKey ?? ''), first);
      const counts = await store.standings.counts();
      assert.deepEqual(
        [counts.all, counts.valid, counts.kyc],
        [40, count(({ verdict }) => verdict === 'valid'), count(({ kyc }) => kyc)],
      );
      assert.equal((await store.standings.of())?.session, 13_000);
    },
  },
  {
    title: 'a cursor of another list, or an invented one, is refused; so is a page without bounds',
    run: async ({ store }) => {
      await fillProgramme(store, { candidates: 10, rounds: 3 });
      const { next } = await store.rounds.list({ limit: 1, after: null });
      const wrong = { code: 'request' };
      await assert.rejects(store.standings.list(BY_POSITION, { limit: 1, after: next }), wrong);
      const bySlot = await store.standings.list({ ...BY_POSITION, sort: 'slot' }, { limit: 1, after: null });
      await assert.rejects(store.standings.list(BY_POSITION, { limit: 1, after: bySlot.next }), wrong);
      for (const after of ['', 'x', Buffer.from('["rounds","x"]').toString('base64url')])
        await assert.rejects(store.rounds.list({ limit: 1, after }), wrong);
      for (const limit of [0, 1_001, 1.5, Number.NaN])
        await assert.rejects(store.rounds.list({ limit, after: null }), wrong);
    },
  },
  {
    title: 'a fault is stored once, by candidate, kind, era and reason, and periods replace each other',
    run: async ({ store }) => {
      const [a, b] = [keyOf(1), keyOf(2)];
      const long = 'ü'.repeat(1_024);
      const faults = [
        fault({}),
        fault({ era: 10 }),
        fault({ reason: long }),
        fault({ kind: 'chilled', atMs: 2 }),
      ];
      assert.equal(await store.history.addFaults(a, faults), 4);
      assert.equal(await store.history.addFaults(a, [...faults, fault({ era: 11 })]), 1);
      assert.equal(await store.history.addFaults(b, [fault({})]), 1);
      const period = { firstEra: 4, lastEra: 7, activeEras: [4, 6], nominated: true };
      await store.history.putPeriods(a, [{ ...period, activeEras: [] }]);
      await store.history.putPeriods(a, [period]);
      const of = await store.history.of([a, b]);
      assert.deepEqual(of.get(a)?.periods, [period]);
      assert.deepEqual([of.get(a)?.faults.length, of.get(b)?.faults], [5, [fault({})]]);
      assert.equal((await allRows(store.history.faults, 2)).length, 6);
    },
  },
  {
    title: 'a digest replaces the periods that it covers, of its candidate alone',
    run: async ({ store }) => {
      const [a, b] = [keyOf(1), keyOf(2)];
      const periods = [4, 8, 12].map((firstEra) => ({
        ...{ firstEra, lastEra: firstEra + 3, activeEras: [firstEra], nominated: false },
      }));
      for (const key of [a, b]) await store.history.putPeriods(key, periods);
      const earlier = { untilEra: 7, periodCount: 1, nominatedPeriods: 0, rank: 1, rules: 'kusama-rank-1' };
      await store.history.putEarlier(a, earlier);
      const next = { ...earlier, untilEra: 11, periodCount: 2, rank: 2 };
      await store.history.putEarlier(a, next);
      const of = await store.history.of([a, b]);
      assert.deepEqual(of.get(a), { faults: [], periods: periods.slice(2), earlier: next });
      assert.deepEqual(of.get(b), { faults: [], periods });
    },
  },
  {
    title:
      'points of an era are those of the last reading; payouts are per page, the soonest to expire first',
    run: async ({ store }) => {
      const [a, b] = [keyOf(1), keyOf(2)];
      const total = { era: 5, total: 60, validators: 2, median: 30.5 };
      await store.points.putEra({ ...total, total: 1 }, [{ era: 5, stashKey: b, points: 1 }]);
      await store.points.putEra(total, [{ era: 5, stashKey: a, points: 60 }]);
      assert.deepEqual(await store.points.eras(), [total]);
      assert.deepEqual(await store.points.ofAll([a, b], 5), [{ era: 5, stashKey: a, points: 60 }]);
      assert.deepEqual(await store.points.of(b, 9), []);
      const row = {
        stashKey: a,
        era: 5,
        page: 0,
        state: 'unclaimed',
        amount: 2n ** 100n,
        amountWhy: null,
        expiresEra: 89,
      } as const;
      await store.payouts.put([
        row,
        { ...row, page: 1, amount: null },
        { ...row, stashKey: b, expiresEra: 7 },
      ]);
      assert.deepEqual((await allRows(store.payouts.unclaimed, 1))[0]?.stashKey, b);
      await store.payouts.put([{ ...row, state: 'claimed' }]);
      assert.deepEqual((await store.payouts.of(a, 9)).map(field('state')), ['claimed', 'unclaimed']);
      assert.equal((await store.payouts.of(a, 1))[0]?.amount, 2n ** 100n);
      const lacking = await store.payouts.withoutAmount(88, 9);
      assert.deepEqual(lacking.map(fields('stashKey', 'page')), [[a, 1]]);
      assert.deepEqual(await store.payouts.withoutAmount(89, 9), []);
      await store.payouts.setAmounts([
        { ...row, page: 1, amount: 7n },
        { ...row, page: 5, amount: 9n },
        { ...row, stashKey: b, amount: null, amountWhy: 'no reward \0' },
      ]);
      // A reading without amounts removes none.
      await store.payouts.put([{ ...row, page: 1, state: 'claimed', amount: null }]);
      const after = (await store.payouts.of(a, 9)).map(({ page, state, amount }) => [page, state, amount]);
      assert.deepEqual(after, [
        [0, 'claimed', 2n ** 100n],
        [1, 'claimed', 7n],
      ]);
      const [lost] = await store.payouts.of(b, 1);
      assert.deepEqual([lost?.amount, lost?.amountWhy], [null, 'no reward \u{fffd}']);
      assert.deepEqual(await store.payouts.withoutAmount(0, 9), []);
    },
  },
  {
    title: 'releases, places, notes, jobs and notices replace the row with their name',
    run: async ({ store }) => {
      const release = { client: 'c', version: '1.0.0', publishedAtMs: 5 };
      await store.releases.put([release, { ...release, version: '0.9.0', publishedAtMs: 1 }]);
      await store.releases.put([{ ...release, publishedAtMs: 7 }]);
      assert.deepEqual((await store.releases.all()).at(-1), { ...release, publishedAtMs: 7 });
      const place = { city: 'a', region: '', country: 'b', provider: '\0<c>' };
      await store.places.put(keyOf(1), place, 3);
      assert.deepEqual((await store.places.all()).get(keyOf(1)), { place, atMs: 3 });
      const found = { place: { ...place, asn: 64_496 }, by: 'feed', why: null, atMs: 4 } as const;
      await store.places.putLookedUp(keyOf(1), { place: null, by: 'entry', why: 'it is private', atMs: 2 });
      await store.places.putLookedUp(keyOf(1), found);
      assert.deepEqual([...(await store.places.lookedUp())], [[keyOf(1), found]]);
      assert.deepEqual((await store.places.all()).get(keyOf(1)), { place, atMs: 3 });
      await store.notes.put('n', 'one');
      await store.notes.put('n', 'two \0');
      assert.equal(await store.notes.get('n'), 'two \u{fffd}');
      const job: JobRow = {
        name: 'j',
        state: 'running',
        progress: 0.25,
        detail: 'x',
        runCount: 1,
        failureCount: 0,
        startedMs: 1,
        endedMs: null,
        nextMs: null,
        error: null,
      };
      await store.jobs.put(job);
      await store.jobs.put({ ...job, state: 'failed', error: 'why' });
      assert.deepEqual(await store.jobs.all(), [{ ...job, state: 'failed', error: 'why' }]);
      const notice: NoticeRow = {
        key: 'k',
        severity: 'warning',
        text: 't',
        openSinceMs: 5,
        lastSentMs: null,
        closedMs: null,
        count: 1,
      };
      await store.notices.put(notice);
      await store.notices.put({ ...notice, key: 'l', openSinceMs: 6, closedMs: 9 });
      assert.deepEqual(await store.notices.open(), [notice]);
      assert.deepEqual((await allRows(store.notices.list, 1)).map(field('key')), ['l', 'k']);
      assert.equal((await store.notices.get('l'))?.closedMs, 9);
    },
  },
  {
    title: 'a lease has one holder until it ends or is given back',
    run: async ({ store, clock }) => {
      const { take, release } = store.leases;
      assert.deepEqual(
        [await take('x', 'a', 100), await take('x', 'b', 100), await take('x', 'a', 100)],
        [true, false, true],
      );
      clock.nowMs += 101;
      assert.equal(await take('x', 'b', 100), true);
      await release('x', 'a');
      assert.equal(await take('x', 'a', 100), false);
      await release('x', 'b');
      assert.equal(await take('x', 'a', 100), true);
    },
  },
  {
    title: 'prune keeps a number of each and returns the deleted counts',
    run: async ({ store }) => {
      for (let n = 1; n <= 5; n += 1) await store.snapshots.put(encodeSnapshot(snapshotOf([goodRecord(n)])));
      for (let era = 1; era <= 5; era += 1)
        await store.points.putEra({ era, total: 1, validators: 1, median: 1 }, [
          { era, stashKey: keyOf(1), points: 1 },
        ]);
      const forgot = await store.prune({ snapshots: 2, scores: 1, ended: 1, eras: 2 });
      assert.deepEqual(forgot, { snapshots: 3, scores: 0, intents: 0, notices: 0, points: 3, payouts: 0 });
      assert.deepEqual((await store.points.eras()).map(field('era')), [5, 4]);
      assert.ok((await store.snapshots.newest()) !== null);
    },
  },
];

function assertPositions(rows: readonly Standing[], descending: boolean): void {
  const places = rows.map(({ position }) => position);
  const known = places.filter((place) => place !== null);
  assert.deepEqual(places.slice(0, known.length), known, 'who has no position stands last');
  assert.deepEqual(
    known,
    known.toSorted((a, b) => (descending ? b - a : a - b)),
  );
}
