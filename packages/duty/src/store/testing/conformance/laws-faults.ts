import assert from 'node:assert/strict';
import { type Store, StoreFault } from '../../port.ts';
import { bytes, eventually, expectFault, put, run, text, texts, transaction } from './expect.ts';
import type { Law, LawSettings } from './harness.ts';

const HOUR_MS = 3_600_000;

async function lostCall(store: Store, settings: LawSettings): Promise<void> {
  const results = await store.transact(
    [
      transaction({ 'f/a': 'new', 'f/b': 'new' }, { 'f/a': 'old' }),
      transaction({ 'f/c': 'new' }, { 'f/c': null }),
    ],
    { timeoutMs: settings.lostCallTimeoutMs },
  );
  assert.deepEqual(
    results.map((result) => result.outcome),
    ['ambiguous', 'ambiguous'],
    'an answer that was lost is never reported as applied, conflict or certain failure',
  );
  for (const result of results)
    assert.ok(result.outcome === 'ambiguous' && result.cause instanceof StoreFault);
}

const answerLaws: readonly Law[] = [
  {
    name: 'an answer lost after the transaction was applied is `ambiguous`, and a read shows it applied',
    needs: ['loseAnswer'],
    check: async ({ store, faults }, settings) => {
      await put(store, { 'f/a': 'old' });
      await faults.loseAnswerAfterApply?.();
      await lostCall(store, settings);
      assert.deepEqual(await texts(store, ['f/a', 'f/b', 'f/c']), ['new', 'new', 'new']);
      assert.equal((await run(store, transaction({ 'f/a': 'x' }, { 'f/a': 'old' }))).outcome, 'conflict');
    },
  },
  {
    name: 'an answer lost before the engine saw the transaction is `ambiguous`, and a read shows nothing applied',
    needs: ['loseAnswer'],
    check: async ({ store, faults }, settings) => {
      await put(store, { 'f/a': 'old' });
      await faults.loseAnswerBeforeApply?.();
      await lostCall(store, settings);
      assert.deepEqual(await texts(store, ['f/a', 'f/b', 'f/c']), ['old', null, null]);
      assert.equal((await run(store, transaction({ 'f/a': 'x' }, { 'f/a': 'old' }))).outcome, 'applied');
    },
  },
  {
    name: 'a watch reports a change whose answer was lost, or asks its reader to read again',
    needs: ['loseAnswer'],
    check: async (opened, settings) => {
      const { store, faults } = opened;
      await put(store, { 'f/a': 'old' });
      let told = false;
      const watch = store.watch('f/', {
        onChange: ({ key, value }) => {
          told ||= key === 'f/a' && text(value) === 'new';
        },
        onResync: () => {
          told = true;
        },
      });
      await watch.ready;
      await faults.loseAnswerAfterApply?.();
      await lostCall(store, settings);
      await texts(store, ['f/a']);
      await eventually(opened, () => assert.ok(told));
      watch.stop();
    },
  },
  {
    name: 'an engine that answers nothing: calls end at their deadline or abort, and work again afterwards',
    needs: ['stall'],
    check: async (opened, settings) => {
      const { store, faults } = opened;
      const timeoutMs = settings.lostCallTimeoutMs;
      await put(store, { 'f/a': 'old' });
      await faults.stall?.();
      await expectFault(store.read(['f/a'], { timeoutMs }), 'unavailable');
      const give = new AbortController();
      const aborted = store.read(['f/a'], { signal: give.signal, timeoutMs: HOUR_MS });
      give.abort();
      await expectFault(aborted, 'unavailable');
      const written = await store
        .transact([transaction({ 'f/a': 'new' }, { 'f/a': 'old' })], { timeoutMs })
        .then(([result]) => result?.outcome)
        .catch((error: unknown) => (error instanceof StoreFault ? 'fault' : String(error)));
      assert.match(written ?? 'none', /^(ambiguous|fault)$/);
      await faults.resume?.();
      await eventually(opened, async () =>
        assert.match((await texts(store, ['f/a']))[0] ?? '', /^(old|new)$/),
      );
      if (written === 'fault') assert.deepEqual(await texts(store, ['f/a']), ['old']);
      await eventually(opened, () => put(store, { 'f/b': 'works' }));
    },
  },
];

const durabilityLaws: readonly Law[] = [
  {
    name: 'a restart keeps every record; leases go on, or have all ended in the store of one process',
    needs: ['reopen'],
    check: async (opened, settings) => {
      const { store } = opened;
      const lease = await store.grantLease(settings.leaseTtlMs);
      await store.transact([
        { compares: [], writes: [{ key: 'd/leased', value: bytes('l'), lease: lease.id }] },
        transaction({ 'd/a': '1', 'd/b': '2', 'd/empty': '' }),
      ]);
      await put(store, { 'd/b': null, 'd/c': '3' });
      const again = await opened.reopen?.();
      assert.ok(again !== undefined);
      assert.deepEqual(await texts(again, ['d/a', 'd/b', 'd/c', 'd/empty', 'd/leased']), [
        '1',
        null,
        '3',
        '',
        settings.leasesEndWithProcess ? null : 'l',
      ]);
      const lives = settings.leasesEndWithProcess ? 'expired' : 'alive';
      assert.equal(await again.keepLeaseAlive(lease.id), lives);
      assert.equal((await run(again, transaction({ 'd/a': 'x' }, { 'd/a': '1' }))).outcome, 'applied');
      await eventually(
        opened,
        async () => assert.deepEqual(await texts(again, ['d/leased', 'd/c']), [null, '3']),
        { pauseMs: lease.ttlMs / 4, tries: 16 },
      );
    },
  },
  {
    name: 'a wall clock that steps by an hour, forward or back, changes no record and no lease',
    needs: ['stepClock'],
    check: async (opened, settings) => {
      const { store, faults } = opened;
      const lease = await store.grantLease(settings.leaseTtlMs);
      const writes = [{ key: 'd/leased', value: bytes('l'), lease: lease.id }];
      await store.transact([{ compares: [], writes }]);
      for (const stepMs of [HOUR_MS, -2 * HOUR_MS, HOUR_MS]) {
        await faults.stepClock?.(stepMs);
        assert.deepEqual(await texts(store, ['d/leased']), ['l'], 'a step of the clock ended a lease');
        assert.equal(await store.keepLeaseAlive(lease.id), 'alive');
        await put(store, { 'd/a': `${stepMs}` });
        assert.deepEqual(await texts(store, ['d/a']), [`${stepMs}`]);
      }
      await faults.stepClock?.(-HOUR_MS);
      await eventually(
        opened,
        async () => assert.deepEqual(await texts(store, ['d/leased', 'd/a']), [null, `${HOUR_MS}`]),
        { pauseMs: lease.ttlMs / 4, tries: 16 },
      );
    },
  },
  {
    name: 'an engine that cannot write faults with nothing applied, still reads, and writes again when healed',
    needs: ['failWrites'],
    check: async (opened) => {
      const { store, faults } = opened;
      await put(store, { 'd/before': 'x' });
      await faults.failWrites?.();
      const outcomes = new Map<string, boolean>();
      // An engine may have some room left, so the law writes until three writes in a row have failed.
      for (let index = 0, inARow = 0; index < 60 && inARow < 3; index++) {
        const ok = await written(store, `d/${index}`);
        outcomes.set(`d/${index}`, ok);
        inARow = ok ? 0 : inARow + 1;
      }
      const failed = [...outcomes].filter(([, ok]) => !ok).map(([key]) => key);
      assert.ok(failed.length >= 1, 'no write ever failed');
      for (const [key, ok] of [...outcomes, ['d/before', true] as const]) {
        assert.equal(
          (await store.read([key]))[0] !== null,
          ok,
          `${key} was reported as ${ok ? 'applied' : 'failed'}`,
        );
      }
      await faults.healWrites?.();
      await eventually(opened, () => put(store, { 'd/after': 'y' }));
      assert.deepEqual(await texts(store, ['d/before', 'd/after']), ['x', 'y']);
      assert.deepEqual(
        await texts(store, failed),
        failed.map(() => null),
      );
    },
  },
];

/** Write a large value; false if the engine faulted. */
async function written(store: Store, key: string): Promise<boolean> {
  const value = new Uint8Array(50_000).fill(7);
  try {
    const [result] = await store.transact([{ compares: [{ key, value: null }], writes: [{ key, value }] }]);
    assert.equal(result?.outcome, 'applied');
    return true;
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    assert.match(error.code, /^(full|unavailable)$/);
    assert.notEqual(error.remedy, '');
    return false;
  }
}

/** Laws about failures of the engine and of the machine. */
export const faultLaws: readonly Law[] = [...answerLaws, ...durabilityLaws];
