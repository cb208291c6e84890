import assert from 'node:assert/strict';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '@watchbill/base';
import { openDatabase } from '../database.ts';
import { faultGate } from '../faults.ts';
import { commitGroups } from '../groups.ts';
import { openIdentity } from '../identity.ts';
import { noteQueue } from '../notes.ts';
import { LedgerFault } from '../port.ts';
import { decisionOf, entryOf, fakeRandom, itemOf, ledgerIn, MARK, temporaryDir } from '../testing/ground.ts';
import { openTables, workOf } from '../writer.ts';
import { type EntryDisk, entryDisk } from './disk.ts';
import { BACKLOG_ROWS, fileCommits } from './file-commits.ts';
import { beginEntryFile, entryFileOf } from './sessions.ts';

const item = (seq: number) => itemOf(entryOf({ seq: BigInt(seq) }), decisionOf({ seq: String(seq) }));

/** A disk whose calls fail while a test wants it. */
function failingDisk() {
  const fail: { write?: string; sync?: string; create?: string } = {};
  const calls = { sync: 0 };
  const disk: EntryDisk = {
    ...entryDisk,
    create(path, bytes) {
      if (fail.create === undefined) return entryDisk.create(path, bytes);
      entryDisk.close(entryDisk.create(path, bytes.subarray(0, bytes.length >> 1)));
      throw codeError(fail.create);
    },
    write(handle, bytes, at) {
      if (fail.write === undefined) return entryDisk.write(handle, bytes, at);
      entryDisk.write(handle, bytes.subarray(0, bytes.length >> 1), at);
      throw codeError(fail.write);
    },
    async sync(handle) {
      calls.sync += 1;
      if (fail.sync !== undefined) throw codeError(fail.sync);
      await entryDisk.sync(handle);
    },
  };
  return { disk, fail, calls };
}

async function nextTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

function codeError(code: string): Error {
  return Object.assign(new Error(`${code}: a test`), { code });
}

test('a disk without room at an append refuses that group alone, and the next one is written', async (t) => {
  const dir = temporaryDir(t);
  const { disk, fail } = failingDisk();
  const ledger = await ledgerIn(t, dir, { entryFile: true, disk });
  await ledger.append([item(1)]);
  fail.write = 'ENOSPC';
  await assert.rejects(ledger.append([item(2)]), /the disk is full/);
  assert.equal(ledger.head(MARK)?.seq, '1');
  delete fail.write;
  await ledger.append([item(3)]);
  await ledger.close();
  const again = await ledgerIn(t, dir);
  assert.deepEqual(seqsOf(again), ['3', '1']);
});

test('a crash after a refused write keeps the entries before it', async (t) => {
  const dir = temporaryDir(t);
  const { disk, fail } = failingDisk();
  const ledger = await ledgerIn(t, dir, { entryFile: true, disk });
  await ledger.append([item(1)]);
  fail.write = 'ENOSPC';
  await assert.rejects(ledger.append([item(2)]), LedgerFault);
  // A service that cannot end its file leaves it, as a crash does.
  fail.sync = 'EIO';
  delete fail.write;
  await assert.rejects(ledger.append([item(3)]), LedgerFault);
  await ledger.close();
  assert.ok(existsSync(join(dir, 'ledger.db-entries')));
  const seqs = seqsOf(await ledgerIn(t, dir));
  assert.deepEqual(seqs.slice(-1), ['1']);
  assert.ok(!seqs.includes('2'));
});

test('a disk without room at opening is refused, and the ledger opens without the file', async (t) => {
  const dir = temporaryDir(t);
  const first = await ledgerIn(t, dir);
  await first.append([item(1)]);
  await first.close();
  const { disk, fail } = failingDisk();
  fail.create = 'ENOSPC';
  await assert.rejects(ledgerIn(t, dir, { entryFile: true, disk }), (error) => {
    assert.ok(error instanceof LedgerFault);
    assert.match(error.message, /the disk is full/);
    assert.match(error.remedy, /Free space/);
    return true;
  });
  const again = await ledgerIn(t, dir);
  assert.equal(again.head(MARK)?.seq, '1');
  assert.deepEqual(
    readdirSync(dir).filter((name) => name.includes('entries')),
    [],
    'the half file is gone',
  );
});

test('after a failed sync every append is refused, and no sync is tried again', async (t) => {
  const dir = temporaryDir(t);
  const { disk, fail, calls } = failingDisk();
  const faults: LedgerFault[] = [];
  const ledger = await ledgerIn(t, dir, { entryFile: true, disk, onFailed: (fault) => faults.push(fault) });
  await ledger.append([item(1)]);
  fail.sync = 'EIO';
  const settled = await Promise.allSettled([ledger.append([item(2)]), ledger.append([item(3)])]);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  delete fail.sync;
  const syncs = calls.sync;
  const refusals = [
    ledger.append([item(4)]),
    ledger.append([item(1)]),
    ledger.append([itemOf(entryOf({ seq: 1n, epoch: 'second' }))]),
    ledger.keepWord({ id: 'a', text: '{}' }),
  ];
  for (const refusal of refusals)
    await assert.rejects(refusal, (error) => {
      assert.ok(error instanceof LedgerFault);
      assert.match(error.message, /takes no entries since the disk failed .*the disk failed/);
      assert.match(error.remedy, /restart the service/);
      return true;
    });
  assert.deepEqual([calls.sync, faults.length], [syncs, 1]);
  assert.equal(ledger.head(MARK)?.seq, '1', 'what was not synced is in no memory');
  await ledger.close();
  assert.ok(seqsOf(await ledgerIn(t, dir)).includes('1'));
});

test('a frame is written only after the one before it was synced; entries that wait share it', async (t) => {
  const dir = temporaryDir(t);
  const seen: string[] = [];
  let release = () => {};
  const disk: EntryDisk = {
    ...entryDisk,
    write(handle, bytes, at) {
      seen.push('write');
      entryDisk.write(handle, bytes, at);
    },
    async sync(handle) {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await entryDisk.sync(handle);
      seen.push('sync');
    },
  };
  const ledger = await ledgerIn(t, dir, { entryFile: true, disk });
  const first = ledger.append([item(1)]).then(() => seen.push('first'));
  await nextTurns(3);
  const later = [2, 3].map((seq) => ledger.append([item(seq)]));
  await nextTurns(3);
  assert.deepEqual([seen, ledger.head(MARK)], [['write'], null], 'it counts after its sync');
  release();
  await first;
  await nextTurns(3);
  release();
  await Promise.all(later);
  assert.deepEqual(seen, ['write', 'sync', 'first', 'write', 'sync']);
});

test('the file goes only when the database file alone, without its log, has every entry', async (t) => {
  const dir = temporaryDir(t);
  const found: number[] = [];
  const disk: EntryDisk = {
    ...entryDisk,
    remove(path) {
      const copy = temporaryDir(t);
      mkdirSync(copy);
      copyFileSync(join(dir, 'ledger.db'), join(copy, 'ledger.db'));
      const { db } = openDatabase(copy);
      found.push(Number(db.prepare('SELECT count(*) AS n FROM entries').get()?.n));
      db.close();
      entryDisk.remove(path);
    },
  };
  const first = await ledgerIn(t, dir, { entryFile: true, disk });
  await first.append([item(1)]);
  await first.close();
  // A crash: the file stays.
  const crash = await ledgerIn(t, dir, { entryFile: true, disk: { ...disk, remove: () => undefined } });
  await crash.append([item(2)]);
  const copy = temporaryDir(t);
  cpSync(dir, copy, { recursive: true });
  await crash.close();
  rmSync(dir, { recursive: true });
  cpSync(copy, dir, { recursive: true });
  await (await ledgerIn(t, dir, { disk })).close();
  assert.deepEqual(found, [1, 2]);
});

test('a ledger that is being closed finishes its groups and takes no more', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir, { entryFile: true });
  const first = ledger.append([item(1)]);
  await nextTurns(1);
  const second = ledger.append([item(2)]);
  const closed = ledger.close();
  await assert.rejects(ledger.append([item(3)]), /the ledger is closed/);
  await Promise.all([first, second, closed]);
  assert.deepEqual(seqsOf(await ledgerIn(t, dir)), ['2', '1']);
});

/** Commits over an own connection, so that a test can take its space away. */
function commitsIn(dir: string) {
  const { db, file } = openDatabase(dir);
  const { guarded } = faultGate(file);
  const clock = systemClock({ unref: true });
  const { serviceId } = openIdentity(db, fakeRandom());
  const path = entryFileOf(file);
  const begun = beginEntryFile({ db, path, disk: entryDisk }, { random: fakeRandom(), service: serviceId });
  const tables = openTables(db, 100, () => commits.catchUp());
  const notes = noteQueue(clock, () => undefined);
  const faults: LedgerFault[] = [];
  const parts = { db, tables, notes, guarded, announce: () => undefined, begun, path: file, clock };
  const commits = fileCommits({ ...parts, onFailed: (fault) => faults.push(fault) });
  return { db, tables, commits, groups: commitGroups(commits.commit), faults };
}

function allowPages(db: DatabaseSync, more: number): void {
  const pages = Number(db.prepare('PRAGMA page_count').get()?.page_count);
  db.exec(`PRAGMA max_page_count = ${pages + more}`);
}

test('tables without room fill the backlog to its bound, then groups are refused until there is room', async (t) => {
  const dir = temporaryDir(t);
  const { db, tables, commits, groups, faults } = commitsIn(dir);
  t.after(() => db.close());
  allowPages(db, 0);
  const append = (from: number, count: number) => {
    const items = Array.from({ length: count }, (_, index) => item(from + index));
    return groups.join({ work: workOf(items), size: count });
  };
  let seq = 1;
  let fault: unknown = null;
  for (; fault === null && seq < 3 * BACKLOG_ROWS; seq += 50)
    fault = await append(seq, 50).then(
      () => null,
      (error: unknown) => error,
    );
  assert.ok(fault instanceof LedgerFault);
  assert.match(fault.message, /the disk is full/);
  const granted = seq - 100 + 49;
  assert.equal(tables.entries.point(MARK)?.seq, BigInt(granted));
  assert.ok(granted * 2 <= BACKLOG_ROWS + 100, 'an entry and a decision are two rows');
  allowPages(db, 10_000);
  await append(granted + 1, 50);
  assert.deepEqual(faults, [], 'a full disk does not stop the ledger for good');
  commits.end();
  assert.equal(Number(db.prepare('SELECT count(*) AS n FROM entries').get()?.n), granted + 50);
  assert.ok(!existsSync(join(dir, 'ledger.db-entries')));
});

test('an error of the disk under the tables ends the writing for good', async (t) => {
  const { db, commits, groups, faults } = commitsIn(temporaryDir(t));
  t.after(() => db.close());
  const append = (seq: number) => groups.join({ work: workOf([item(seq)]), size: 1 });
  await append(1);
  const failing = t.mock.method(db, 'exec', () => {
    throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
  });
  assert.throws(() => commits.catchUp(), /takes no entries since the disk failed/);
  failing.mock.restore();
  await assert.rejects(append(2), /takes no entries since the disk failed/);
  assert.equal(faults.length, 1);
  commits.end();
});

test('a file that cannot be ended for want of room stays, and the next opening has its entries', async (t) => {
  const dir = temporaryDir(t);
  const { db, commits, groups } = commitsIn(dir);
  allowPages(db, 0);
  for (let seq = 1; seq <= 100; seq++) await groups.join({ work: workOf([item(seq)]), size: 1 });
  commits.end();
  db.close();
  assert.ok(existsSync(join(dir, 'ledger.db-entries')));
  assert.equal(seqsOf(await ledgerIn(t, dir)).length, 100);
});

function seqsOf(ledger: {
  decisions(query: { limit: number }): { decisions: readonly { seq: string | null }[] };
}) {
  return ledger.decisions({ limit: 1000 }).decisions.map(({ seq }) => seq);
}
