import assert from 'node:assert/strict';
import { renameSync, rmSync } from 'node:fs';
import { describe, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { type Store, StoreFault, type Transaction } from '../port.ts';
import { openDatabase } from './database.ts';
import { openRecordTable, RECORD_LAYOUT } from './record-table.ts';
import { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';
import { place } from './testing/places.ts';
import type { CommitHook } from './writer.ts';

function creation(key: string): Transaction {
  return { compares: [{ key, value: null }], writes: [{ key, value: Buffer.from('x') }] };
}

function creations(name: string, count: number): Transaction[] {
  return Array.from({ length: count }, (_, index) => creation(`${name}/${index}`));
}

async function outcome(call: ReturnType<Store['transact']>): Promise<string> {
  return call.then(
    ([result]) => result?.outcome ?? 'none',
    (error: unknown) => (error instanceof StoreFault ? error.code : String(error)),
  );
}

async function held(store: Store, keys: readonly string[]): Promise<boolean[]> {
  return (await store.read(keys)).map((value) => value !== null);
}

type Check = (store: Store, path: string) => Promise<void>;

/** Run a check against a new store with these options. */
async function withStore(options: Partial<SqliteStoreOptions>, check: Check): Promise<void> {
  const where = place();
  const store = await openSqliteStore({ path: where.path, clock: systemClock(), ...options });
  try {
    await check(store, where.path);
  } finally {
    await store.close();
    where.remove();
  }
}

/** A commit that ends with this error of SQLite, whether it was made or not. */
function failing(errcode: number, applied = false): CommitHook {
  return (commit) => {
    if (applied) commit();
    throw Object.assign(new Error(`SQLite error ${errcode}`), { errcode });
  };
}

/** Plays the given hooks for the next commits, one each. */
function hooks(): { readonly around: CommitHook; readonly next: CommitHook[]; readonly groups: number[] } {
  const next: CommitHook[] = [];
  const groups: number[] = [];
  const around: CommitHook = (commit, workCount) => {
    groups.push(workCount);
    (next.shift() ?? ((plain) => plain()))(commit, workCount);
  };
  return { around, next, groups };
}

describe('group commit', () => {
  test('calls that arrive together share one commit; each keeps its own result, evaluated in order', async () => {
    const { around, groups } = hooks();
    await withStore({ aroundCommit: around }, async (store) => {
      const keys = Array.from({ length: 200 }, (_, index) => `g/${index % 100}`);
      const outcomes = await Promise.all(keys.map((key) => outcome(store.transact([creation(key)]))));
      assert.deepEqual(groups, [200]);
      assert.deepEqual(
        outcomes,
        keys.map((_, index) => (index < 100 ? 'applied' : 'conflict')),
      );
    });
  });

  test('calls one after another have a commit each, and a group has a bound', async () => {
    const { around, groups } = hooks();
    await withStore({ aroundCommit: around }, async (store) => {
      await store.transact([creation('a')]);
      await store.transact([creation('b')]);
      await Promise.all(creations('c', 1_026).map((one) => store.transact([one])));
      await store.transact(creations('d', 1_025));
      assert.deepEqual(groups, [1, 1, 1_024, 2, 1]);
    });
  });

  test('a call refused inside a group applies nothing and leaves the others alone', async () => {
    await withStore({}, async (store) => {
      const gone = { key: 'leased', value: Buffer.from('x'), lease: 'none' };
      const outcomes = await Promise.all([
        outcome(store.transact([creation('before')])),
        outcome(store.transact([creation('beside'), { compares: [], writes: [gone] }])),
        outcome(store.transact([creation('after')])),
      ]);
      assert.deepEqual(outcomes, ['applied', 'refused', 'applied']);
      const kept = await held(store, ['before', 'beside', 'leased', 'after']);
      assert.deepEqual(kept, [true, false, false, true]);
    });
  });

  test('more than may wait is turned away at once, with nothing applied', async () => {
    await withStore({}, async (store) => {
      const calls = [creations('a', 9_999), creations('b', 1), creations('c', 1)];
      const outcomes = await Promise.all(calls.map((call) => outcome(store.transact(call))));
      assert.deepEqual(outcomes, ['applied', 'applied', 'unavailable']);
      assert.deepEqual(await held(store, ['a/9998', 'b/0', 'c/0']), [true, true, false]);
      assert.equal(await outcome(store.transact(creations('d', 10_001))), 'refused');
      assert.equal(await outcome(store.transact(creations('c', 1))), 'applied');
    });
  });

  test('a call past its deadline, given up or closed while it waits is a fault and applies nothing', async (t) => {
    const where = place(t);
    const store = await openSqliteStore({ path: where.path, clock: systemClock() });
    const abort = new AbortController();
    const given = outcome(store.transact([creation('given')], { signal: abort.signal }));
    abort.abort();
    const late = outcome(store.transact([creation('late')], { timeoutMs: 0 }));
    const kept = outcome(store.transact([creation('kept')], { signal: new AbortController().signal }));
    assert.deepEqual(await Promise.all([given, late, kept]), ['unavailable', 'unavailable', 'applied']);
    const closing = outcome(store.transact([creation('closing')]));
    await store.close();
    assert.equal(await closing, 'closed');
    const again = await openSqliteStore({ path: where.path, clock: systemClock() });
    assert.deepEqual(await held(again, ['given', 'late', 'kept', 'closing']), [false, false, true, false]);
    await again.close();
  });
});

/** The outcomes of three calls in a group whose commit fails, the records left, and the first call again. */
async function groupWith(fail: CommitHook) {
  const { around, next } = hooks();
  const seen = { outcomes: [] as string[], kept: [] as boolean[], again: '' };
  await withStore({ aroundCommit: around }, async (store) => {
    await store.transact([creation('before')]);
    next.push(fail);
    const keys = ['a', 'b', 'before'];
    seen.outcomes = await Promise.all(keys.map((key) => outcome(store.transact([creation(key)]))));
    seen.kept = await held(store, keys);
    seen.again = await outcome(store.transact([creation('a')]));
  });
  return seen;
}

describe('a commit that fails', () => {
  for (const [errcode, code] of Object.entries({ 13: 'full', 8: 'full', 5: 'locked' })) {
    test(`with SQLite ${errcode} was not applied for certain: all of the group are ${code}`, async () => {
      assert.deepEqual(await groupWith(failing(Number(errcode))), {
        outcomes: [code, code, code],
        kept: [false, false, true],
        again: 'applied',
      });
    });
  }

  // 1034 is IOERR_FSYNC, 778 IOERR_WRITE, 7 NOMEM.
  for (const errcode of [1034, 778, 7]) {
    for (const applied of [true, false]) {
      test(`with SQLite ${errcode} is in doubt; the file decides (it ${applied ? 'has' : 'lacks'} it)`, async () => {
        assert.deepEqual(await groupWith(failing(errcode, applied)), {
          outcomes: ['ambiguous', 'ambiguous', 'ambiguous'],
          kept: [applied, applied, true],
          again: applied ? 'conflict' : 'applied',
        });
      });
    }
  }

  test('in doubt: reads fail while the file cannot be opened again', async () => {
    const { around, next } = hooks();
    await withStore({ aroundCommit: around }, async (store, path) => {
      next.push(failing(1034));
      assert.equal(await outcome(store.transact([creation('a')])), 'ambiguous');
      const intruder = openDatabase(path, RECORD_LAYOUT);
      await assert.rejects(store.read(['a']), { name: 'StoreFault', code: 'locked' });
      await assert.rejects(store.keepLeaseAlive('any'), { code: 'locked' });
      assert.equal(await outcome(store.transact([creation('a')])), 'locked');
      assert.equal((await store.health()).ok, false);
      intruder.begin();
      openRecordTable(intruder.db).put('a', Buffer.from('by another'), null);
      intruder.commit();
      intruder.close();
      assert.equal(await outcome(store.transact([creation('a')])), 'conflict');
      assert.equal((await store.health()).ok, true);
    });
  });

  test('in doubt: it is never committed again, also not into a file that was put back meanwhile', async () => {
    const { around, next, groups } = hooks();
    await withStore({ aroundCommit: around }, async (store, path) => {
      const copy = `${path}.copy`;
      openDatabase(copy, RECORD_LAYOUT).close();
      next.push(failing(1034, true));
      assert.equal(await outcome(store.transact([creation('a')])), 'ambiguous');
      // The connection was closed, and opens again with the next call.
      renameSync(copy, path);
      rmSync(`${path}-wal`, { force: true });
      assert.deepEqual(await held(store, ['a']), [false]);
      assert.equal(await outcome(store.transact([creation('b')])), 'applied');
      assert.deepEqual(await held(store, ['a', 'b']), [false, true]);
      assert.deepEqual(groups, [1, 1]);
    });
  });

  test('makes health say so until a write succeeds again, which health tries by itself', async () => {
    const { around, next } = hooks();
    await withStore({ aroundCommit: around }, async (store) => {
      next.push(failing(13), failing(13));
      assert.equal(await outcome(store.transact([creation('a')])), 'full');
      const ill = await store.health();
      assert.equal(ill.ok, false);
      assert.match(ill.detail, /disk is full.*make room/);
      assert.equal((await store.health()).ok, true);
    });
  });

  test('a lease whose end is in doubt has ended, and its records leave with a later write', async () => {
    const { around, next } = hooks();
    await withStore({ aroundCommit: around }, async (store) => {
      const lease = await store.grantLease(60_000);
      const writes = [{ key: 'leased', value: Buffer.from('x'), lease: lease.id }];
      await store.transact([{ compares: [], writes }]);
      const gone: string[] = [];
      const watch = store.watch('leased', { onChange: ({ key }) => gone.push(key), onResync: () => {} });
      await watch.ready;
      next.push(failing(1034));
      await assert.rejects(store.revokeLease(lease.id), { code: 'unavailable' });
      assert.equal(await store.keepLeaseAlive(lease.id), 'expired');
      assert.deepEqual(await store.read(['leased']), [null]);
      assert.equal(await outcome(store.transact([creation('still writes')])), 'applied');
      assert.deepEqual(gone, ['leased']);
    });
  });
});
