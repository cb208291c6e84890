import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decisionOf, entryOf, itemOf, ledgerIn, stillClock, temporaryDir } from './testing/ground.ts';
import { commitFrames } from './testing/wal.ts';

test('calls that arrive together share one commit in the write-ahead log', async (t) => {
  const dir = temporaryDir(t);
  // Only the group itself may write the note.
  const ledger = await ledgerIn(t, dir, { clock: stillClock });
  const commits = () => commitFrames(readFileSync(join(dir, 'ledger.db-wal')));
  const before = commits();
  ledger.note(decisionOf());
  await Promise.all(
    Array.from({ length: 200 }, (_, index) => ledger.append([itemOf(entryOf({ seq: BigInt(index + 1) }))])),
  );
  assert.equal(commits() - before, 1);
  await ledger.append([itemOf(entryOf({ seq: 201n }))]);
  await ledger.append([itemOf(entryOf({ seq: 202n }))]);
  assert.equal(commits() - before, 3);
  assert.equal(ledger.decisions({ limit: 10 }).decisions.length, 1, 'the note rode along');
  assert.equal(commits() - before, 3);
});
