import assert from 'node:assert/strict';
import { field, fields } from '@watchbill/kit/testing';
import { keyOf, sampleIntent } from '../records.ts';
import type { StoreCase } from './storage-fixture.ts';

const make = (n: number, change: object = {}) =>
  sampleIntent(n, { fromHeight: 2n ** 60n, deadlineRelay: 2n ** 61n, ...change });

const HASH = `0x${'ab'.repeat(32)}`;

const flight = (change: object = {}) => ({
  number: 1,
  leg: 'nominate' as const,
  account: keyOf(900),
  nonce: 4,
  birth: 2n ** 60n + 1n,
  birthHash: HASH,
  period: 64,
  tip: 0n,
  call: '0x01',
  calls: ['0x01'],
  searchFrom: 5n,
  inner: null,
  payload: '0x02',
  bytes: '0x03',
  hash: HASH,
  sentAt: null,
  inBlock: null,
  landed: null,
  outcome: 'open' as const,
  looks: 0,
  ...change,
});

export const intentCases: readonly StoreCase[] = [
  {
    title: 'an intent is stored once for its round, and one per nominator and era',
    run: async ({ store: { intents } }) => {
      assert.deepEqual(await intents.add(make(1)), { ok: true });
      assert.deepEqual(await intents.add(make(1)), { ok: false, code: 'exists' });
      assert.deepEqual(await intents.add(make(1, { round: 'again' })), { ok: false, code: 'era-taken' });
      assert.deepEqual(await intents.add(make(2)), { ok: true });
      assert.deepEqual(
        (await intents.open()).map(({ state }) => state.intent.nominator),
        [keyOf(1), keyOf(2)],
      );
      assert.deepEqual((await intents.load(make(1).id))?.state.intent, make(1));
      assert.equal(await intents.load('none'), null);
    },
  },
  {
    title: 'an intent changes only from the expected revision, as a whole or not at all',
    run: async ({ store: { intents } }) => {
      const [one, two] = [make(1), make(2)];
      await intents.add(one);
      await intents.add(two);
      const first = await intents.load(one.id);
      const second = await intents.load(two.id);
      assert.ok(first !== null && second !== null);
      const note = {
        from: 'planned',
        to: 'submitted',
        height: 2n ** 60n,
        reason: 'signed',
        detail: 'x\0',
        extrinsic: HASH,
        block: null,
      } as const;
      const change = { revision: 0, state: { ...first.state, flight: flight() }, notes: [note], closed: [] };
      assert.deepEqual(await intents.save(change), { ok: true, revision: 1 });
      assert.deepEqual(await intents.save(change), { ok: false, code: 'changed' });
      const taken = { revision: 0, state: { ...second.state, flight: flight() }, notes: [note], closed: [] };
      assert.deepEqual(await intents.save(taken), { ok: false, code: 'nonce-taken' });
      assert.equal((await intents.load(two.id))?.revision, 0, 'half of it was stored');
      assert.deepEqual(await intents.journal(two.id), []);
      const [line] = await intents.journalOfRound('round 7');
      assert.deepEqual([line?.height, line?.nominator, line?.detail], [2n ** 60n, keyOf(1), 'x\u{fffd}']);
      const of = (change: object) => ({
        ...{ revision: 1, notes: [], closed: [] },
        state: { ...first.state, flight: flight(change) },
      });
      for (const other of [
        { nonce: 5 },
        { payload: '0x09' },
        { call: '0x09' },
        { bytes: '0x09' },
        { bytes: null },
      ])
        await assert.rejects(intents.save(of(other)), /a flight is pinned/);
      const over = of({ outcome: 'expired' });
      assert.deepEqual(await intents.save(over), { ok: true, revision: 2 });
      assert.deepEqual(await intents.save(taken), { ok: true, revision: 1 });
      assert.deepEqual((await intents.flights(one.id)).map(fields('outcome', 'nonce')), [['expired', 4]]);
    },
  },
  {
    title: 'ended intents are deleted except the newest, with all their lines',
    run: async ({ store }) => {
      const { intents } = store;
      for (const n of [1, 2, 3]) {
        await intents.add(make(n));
        const stored = await intents.load(make(n).id);
        assert.ok(stored !== null);
        const ending = { result: 'failed', reason: 'too-late', detail: 'late' } as const;
        const note = {
          from: 'planned',
          to: 'failed',
          height: 1n,
          reason: 'ended',
          detail: '',
          extrinsic: null,
          block: null,
        } as const;
        await intents.save({
          revision: 0,
          state: { ...stored.state, stage: 'ended', ending },
          notes: [note],
          closed: [],
        });
      }
      await intents.add(make(4));
      assert.deepEqual(
        (await intents.list({ open: false, limit: 9 })).map(({ reason }) => reason),
        ['too-late', 'too-late', 'too-late'],
      );
      assert.equal((await store.prune({ snapshots: 0, scores: 0, ended: 1, eras: 1 })).intents, 2);
      assert.deepEqual((await intents.list({ limit: 9 })).map(field('nominator')), [keyOf(4), keyOf(3)]);
      assert.deepEqual(await intents.journal(make(1).id), []);
    },
  },
];
