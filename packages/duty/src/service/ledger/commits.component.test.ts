// The commits of a ledger: which fail whole, and which a store in the same file shares.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../store/index.ts';
import type { DecisionRecord } from '../contract.ts';
import type { FileLedger } from './open.ts';
import type { LedgerOptions } from './part.ts';
import { LedgerFault } from './port.ts';
import {
  decisionOf,
  entryOf,
  itemOf,
  ledgerIn,
  MARK,
  reopened,
  stillClock,
  temporaryDir,
  watchedCommits,
} from './testing/ground.ts';
import { commitFrames } from './testing/wal.ts';

const item = (seq: number) => itemOf(entryOf({ seq: BigInt(seq) }), decisionOf({ seq: String(seq) }));

// The result codes of a failed write and of a failed sync (sqlite.org/rescode.html).
for (const [name, code] of [
  ['write', 778],
  ['sync', 1034],
] as const)
  test(`a failed ${name} of the disk refuses its group alone, and it is in no memory`, async (t) => {
    const dir = temporaryDir(t);
    const { fail, aroundCommit } = watchedCommits();
    const ledger = await ledgerIn(t, dir, { aroundCommit });
    const heard: DecisionRecord[] = [];
    ledger.subscribe((decision) => heard.push(decision));
    await ledger.append([item(1)]);
    fail.code = code;
    const refused = [
      ledger.append([item(2)]),
      ledger.append([item(3)]),
      ledger.keepWord({ id: 'a', text: '{}' }),
    ];
    for (const settled of await Promise.allSettled(refused)) {
      assert.ok(settled.status === 'rejected' && settled.reason instanceof LedgerFault);
      assert.match(settled.reason.message, /entries cannot be written to the ledger .*disk I\/O error/);
      assert.match(settled.reason.remedy, /Check the disk/);
    }
    const known = [ledger.point(MARK)?.seq, ledger.grantsOf(MARK, [2n]), ledger.openWords(), seqsOf(heard)];
    assert.deepEqual(known, [1n, [], [], ['1']]);
    delete fail.code;
    await ledger.append([item(4)]);
    const again = await reopened(t, ledger, dir);
    assert.deepEqual([again.point(MARK)?.seq, shownSeqs(again), again.openWords()], [4n, ['4', '1'], []]);
  });

test('refusals wait while the disk fails, and the next commit carries them', async (t) => {
  const { fail, aroundCommit } = watchedCommits();
  // Only a reader or a commit writes the note.
  const ledger = await ledgerIn(t, undefined, { clock: stillClock, aroundCommit });
  ledger.note(decisionOf({ claimId: 'refused' }));
  fail.code = 778;
  assert.deepEqual(ledger.decisions({ limit: 5 }).decisions, []);
  delete fail.code;
  await ledger.append([item(1)]);
  const { decisions } = ledger.decisions({ limit: 5 });
  assert.deepEqual(
    decisions.map(({ claimId, seq }) => `${claimId} ${seq}`),
    ['refused null', 'claim 1'],
  );
});

test('a file without room refuses groups until there is room, and keeps all before and after', async (t) => {
  const dir = temporaryDir(t);
  const connections = new Set<DatabaseSync>();
  const { prepare } = DatabaseSync.prototype;
  t.mock.method(DatabaseSync.prototype, 'prepare', function (this: DatabaseSync, sql: string) {
    connections.add(this);
    return prepare.call(this, sql);
  });
  const ledger = await ledgerIn(t, dir);
  const [db] = connections;
  assert.ok(db !== undefined);
  const allowPages = (more: number) => {
    const pages = Number(db.prepare('PRAGMA page_count').get()?.page_count);
    db.exec(`PRAGMA max_page_count = ${pages + more}`);
  };
  allowPages(3);
  let granted = 0;
  const appendNext = async () => {
    await ledger.append([item(granted + 1)]);
    granted += 1;
  };
  const fill = async () => {
    for (let turn = 0; turn < 1_000; turn++) await appendNext();
  };
  await assert.rejects(fill, { name: 'LedgerFault', message: /the disk is full/, remedy: /Free space/ });
  assert.ok(granted > 0);
  assert.equal(ledger.point(MARK)?.seq, BigInt(granted));
  allowPages(1_000);
  await appendNext();
  assert.equal(shownSeqs(await reopened(t, ledger, dir)).length, granted);
});

test('an entry that waits for a disk that stands still is written', async (t) => {
  let nowMs = 0;
  const clock = { nowMs: () => 0, monotonicMs: () => nowMs, sleep: () => new Promise<void>(() => {}) };
  const ledger = await ledgerIn(t, undefined, { clock });
  const appended = ledger.append([item(1)]);
  nowMs = 3_600_000;
  await appended;
  assert.equal(ledger.point(MARK)?.seq, 1n);
});

test('a ledger that is being closed finishes its groups and takes no more', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  const first = ledger.append([item(1)]);
  const second = ledger.append([item(2)]);
  const closed = ledger.close();
  await assert.rejects(ledger.append([item(3)]), /the ledger is closed/);
  await Promise.all([first, second, closed, ledger.close()]);
  assert.deepEqual(shownSeqs(await ledgerIn(t, dir)), ['2', '1']);
});

function shownSeqs(ledger: FileLedger) {
  return seqsOf(ledger.decisions({ limit: 1_000 }).decisions);
}

function seqsOf(decisions: readonly DecisionRecord[]) {
  return decisions.map(({ seq }) => seq);
}

// A store in the file of the ledger: a mark and its entry are on the disk together, or not at all.

const KEY = 'mark';

interface Ground {
  readonly ledger: FileLedger;
  readonly store: Store;
  /** Moves the mark from one text to the next, with the entry of that number. */
  readonly grant: (from: string | null, seq: number) => Promise<string>;
}

async function open(t: TestContext, dir?: string, over: Partial<LedgerOptions> = {}): Promise<Ground> {
  const ledger = await ledgerIn(t, dir, over);
  const store = ledger.store();
  const grant = async (from: string | null, seq: number) => {
    const item = itemOf(entryOf({ seq: BigInt(seq), unit: [BigInt(seq)] }));
    const along = ledger.along(item, () => decisionOf({ seq: String(seq) }));
    assert.ok(along !== null);
    const value = from === null ? null : Buffer.from(from);
    const writes = [{ key: KEY, value: Buffer.from(String(seq)) }];
    const [result] = await store.transact([{ compares: [{ key: KEY, value }], writes, along }]);
    return result?.outcome ?? 'none';
  };
  return { ledger, store, grant };
}

/** The mark, the head of the ledger, and the newest decision. */
async function seen({ ledger, store }: Ground): Promise<readonly (string | null | undefined)[]> {
  const [mark] = await store.read([KEY]);
  const [decision] = ledger.decisions({ limit: 1 }).decisions;
  return [mark ? Buffer.from(mark).toString() : null, ledger.point(MARK)?.seq.toString(), decision?.seq];
}

test('a ledger whose store lies elsewhere takes nothing along', async (t) => {
  const ledger = await ledgerIn(t);
  const along = ledger.along(item(1), () => null);
  assert.equal(along, null);
});

test('mark, entry and decision share a commit, and stay after the end of the process', async (t) => {
  const dir = temporaryDir(t);
  const commits = watchedCommits();
  const ground = await open(t, dir, commits);
  assert.equal(await ground.grant(null, 1), 'applied');
  assert.deepEqual([await seen(ground), commits.seen.commits], [['1', '1', '1'], 1]);
  await ground.ledger.close();
  assert.deepEqual(await seen(await open(t, dir)), ['1', '1', '1']);
});

test('a transaction that meets another mark writes no entry', async (t) => {
  const ground = await open(t);
  await ground.grant(null, 1);
  assert.equal(await ground.grant('another', 2), 'conflict');
  assert.deepEqual(await seen(ground), ['1', '1', '1']);
});

test('an entry with a hash that is not its own is refused before anything is written', async (t) => {
  const ground = await open(t);
  const wrong = { ...item(1), hash: '00'.repeat(32) };
  assert.throws(() => ground.ledger.along(wrong, () => null), { name: 'LedgerFault' });
});

// 13: the disk is full. 1034 and 778: a sync and a write that failed, before or after the commit was kept.
for (const [code, kept, outcome] of [
  [13, false, 'full'],
  [1034, false, 'ambiguous'],
  [1034, true, 'ambiguous'],
  [778, true, 'ambiguous'],
] as const)
  test(`a commit that fails with ${code} ${kept ? 'keeps' : 'loses'} mark and entry alike`, async (t) => {
    const { fail, aroundCommit } = watchedCommits();
    const ground = await open(t, undefined, { aroundCommit });
    await ground.grant(null, 1);
    Object.assign(fail, { code, kept });
    const answer = await ground.grant('1', 2).catch(({ code: said }) => said);
    assert.equal(answer, outcome);
    delete fail.code;
    const now = kept ? '2' : '1';
    assert.deepEqual(await seen(ground), [now, now, now]);
    assert.equal(await ground.grant(now, 3), 'applied');
    assert.deepEqual(await seen(ground), ['3', '3', '3']);
    const { length } = ground.ledger.grantsOf(MARK, [2n]);
    assert.equal(length, kept ? 1 : 0, 'the memory of grants is of the file');
  });

test('calls that arrive together share one commit in the write-ahead log', async (t) => {
  const dir = temporaryDir(t);
  // Only the group itself may write the note.
  const { ledger, store, grant } = await open(t, dir, { clock: stillClock });
  const commits = () => commitFrames(readFileSync(join(dir, 'ledger.db-wal')));
  const before = commits();
  ledger.note(decisionOf());
  await Promise.all([
    grant(null, 1),
    ...Array.from({ length: 200 }, (_, at) =>
      ledger.append([itemOf(entryOf({ seq: BigInt(at), key: 'other' }))]),
    ),
    ledger.keepWord({ id: 'w', text: '{}' }),
    store.transact([{ compares: [], writes: [{ key: 'x', value: Buffer.from('y') }] }]),
  ]);
  assert.equal(commits() - before, 1);
  assert.deepEqual([ledger.points().size, ledger.openWords().length], [2, 1]);
  for (const seq of [201, 202]) await ledger.append([item(seq)]);
  assert.equal(commits() - before, 3);
  const { decisions } = ledger.decisions({ limit: 10 });
  assert.deepEqual(seqsOf(decisions), ['202', '201', null, '1'], 'the note rode along');
  assert.equal(commits() - before, 3);
});
