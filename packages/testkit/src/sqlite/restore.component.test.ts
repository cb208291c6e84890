import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openSqliteStore, type Store, StoreFault } from '@watchbill/duty/store';
import { systemClock } from '@watchbill/kit';
import { copySqlite, putBackSqlite, type SqliteCopy, type SqlitePart } from './restore.ts';

/** So much that the file grows: an old log then names pages that mean something else today. */
const LOST = Array.from({ length: 20 }, (_, index) => `lost/${10 + index}`);
const LARGE = 'x'.repeat(3_000);

interface Stage {
  readonly path: string;
  /** Of the moment when there was `mark` with 1 and nothing else. */
  readonly copy: SqliteCopy;
  readonly store: Store;
  readonly open: () => Promise<Store>;
}

async function put(store: Store, key: string, value: string): Promise<void> {
  const writes = [{ key, value: Buffer.from(value) }];
  assert.deepEqual(await store.transact([{ compares: [], writes }]), [{ outcome: 'applied' }]);
}

/** Each record with its value, or with its length where that is large. */
async function contents(store: Store): Promise<readonly string[]> {
  const { records } = await store.list('');
  return records.map(({ key, value }) => `${key}=${value.length > 10 ? value.length : Buffer.from(value)}`);
}

/** A store that is open, and the copy that was made while it was open (`live`), or closed. */
async function start(context: TestContext, live: boolean): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-restore-'));
  const stores: Store[] = [];
  context.after(async () => {
    await Promise.all(stores.map((store) => store.close()));
    rmSync(folder, { recursive: true, force: true });
  });
  const path = join(folder, 'store.db');
  const open = async (): Promise<Store> => {
    const store = await openSqliteStore({ path, clock: systemClock() });
    stores.push(store);
    return store;
  };
  const first = await open();
  await put(first, 'mark', '1');
  if (live) return { path, copy: copySqlite(path, join(folder, 'copy')), store: first, open };
  await first.close();
  const copy = copySqlite(path, join(folder, 'copy'));
  return { path, copy, store: await open(), open };
}

async function writeMore({ store }: Stage): Promise<void> {
  await put(store, 'mark', '2');
  for (const key of LOST) await put(store, key, LARGE);
}

/** End the store as a power cut does: its log stays beside the file. */
async function crash({ path, store, copy }: Stage): Promise<void> {
  const now = copySqlite(path, join(copy.folder, 'crashed'));
  await store.close();
  putBackSqlite(now, 'all');
}

const EVERYTHING = [...LOST.map((key) => `${key}=${LARGE.length}`), 'mark=2'];

interface Case {
  readonly live: boolean;
  readonly crashed: boolean;
  readonly part: SqlitePart;
  /** The records afterwards, or the code of the fault of opening. */
  readonly left: readonly string[] | 'damaged';
  readonly says: string;
}

const CASES: readonly Case[] = [
  { live: false, crashed: false, part: 'all', left: ['mark=1'], says: 'taken back' },
  { live: false, crashed: true, part: 'all', left: ['mark=1'], says: 'taken back' },
  { live: true, crashed: true, part: 'all', left: ['mark=1'], says: 'taken back' },
  { live: false, crashed: true, part: 'file', left: ['mark=1'], says: 'taken back' },
  {
    live: true,
    crashed: true,
    part: 'file',
    left: [],
    says: 'taken back, and what only the log held is lost',
  },
  { live: false, crashed: true, part: 'file-beside-log', left: EVERYTHING, says: 'takes no record back' },
  { live: true, crashed: true, part: 'log', left: ['mark=1'], says: 'taken back' },
  { live: true, crashed: false, part: 'log', left: 'damaged', says: 'refused: the file has grown' },
];

for (const { live, crashed, part, left, says } of CASES) {
  const name = `a copy of ${live ? 'an open' : 'a closed'} store, put back after a ${crashed ? 'crash' : 'close'}`;
  test(`sqlite: ${name} (${part}): ${says}`, async (context) => {
    const stage = await start(context, live);
    await writeMore(stage);
    assert.deepEqual(await contents(stage.store), EVERYTHING);
    if (crashed) await crash(stage);
    else await stage.store.close();
    putBackSqlite(stage.copy, part);
    const opened = await stage.open().catch((error: unknown) => error);
    if (left === 'damaged') assert.ok(opened instanceof StoreFault && opened.code === left, String(opened));
    else assert.deepEqual(await contents(opened as Store), left);
  });
}

test('sqlite: an old log beside a newer file of the same pages takes them back, and no fault says so', async (context) => {
  const { copy, store, open } = await start(context, true);
  await put(store, 'mark', '2');
  await store.close();
  putBackSqlite(copy, 'log');
  assert.deepEqual(await contents(await open()), ['mark=1']);
});

test('sqlite: files put back under an open store count from its next opening on', async (context) => {
  const stage = await start(context, false);
  await writeMore(stage);
  putBackSqlite(stage.copy, 'all');
  assert.deepEqual(await contents(stage.store), EVERYTHING);
  await put(stage.store, 'mark', '3');
  await stage.store.close();
  assert.deepEqual(await contents(await stage.open()), ['mark=1']);
});

test('sqlite: a part that the copy does not hold is an error', async (context) => {
  const { copy, store } = await start(context, false);
  await store.close();
  assert.throws(() => putBackSqlite(copy, 'log'), { code: 'ENOENT' });
});
