import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { DecisionRecord } from '../contract.ts';
import type { FileLedger } from './open.ts';
import { LedgerFault } from './port.ts';
import {
  decisionOf,
  entryOf,
  itemOf,
  ledgerIn,
  MARK,
  temporaryDir,
  watchedCommits,
} from './testing/ground.ts';

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
    assert.deepEqual(
      [ledger.head(MARK)?.seq, ledger.grantsOf(MARK, [2n]), ledger.openWords()],
      ['1', [], []],
    );
    assert.deepEqual(seqsOf(heard), ['1']);
    delete fail.code;
    await ledger.append([item(4)]);
    await ledger.close();
    const again = await ledgerIn(t, dir);
    assert.deepEqual([again.head(MARK)?.seq, shownSeqs(again), again.openWords()], ['4', ['4', '1'], []]);
  });

test('refusals wait while the disk fails, and the next commit carries them', async (t) => {
  const { fail, aroundCommit } = watchedCommits();
  // A clock on which nothing wakes: only a reader or a commit writes the note.
  const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: () => new Promise<void>(() => {}) };
  const ledger = await ledgerIn(t, temporaryDir(t), { clock, aroundCommit });
  ledger.note(decisionOf({ claimId: 'refused' }));
  fail.code = 778;
  assert.deepEqual(ledger.decisions({ limit: 5 }).decisions, []);
  delete fail.code;
  await ledger.append([item(1)]);
  const { decisions } = ledger.decisions({ limit: 5 });
  assert.deepEqual(
    decisions.map(({ claimId, seq }) => [claimId, seq]),
    [
      ['refused', null],
      ['claim', '1'],
    ],
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
  const appendNext = () =>
    ledger.append([item(granted + 1)]).then(() => {
      granted += 1;
    });
  await assert.rejects(
    async () => {
      for (let turn = 0; turn < 1_000; turn++) await appendNext();
    },
    (error) =>
      error instanceof LedgerFault &&
      /the disk is full/.test(error.message) &&
      /Free space/.test(error.remedy),
  );
  assert.ok(granted > 0);
  assert.equal(ledger.head(MARK)?.seq, String(granted));
  allowPages(1_000);
  await appendNext();
  await ledger.close();
  assert.equal(shownSeqs(await ledgerIn(t, dir)).length, granted);
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
