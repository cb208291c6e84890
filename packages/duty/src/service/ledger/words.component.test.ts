import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { LedgerFault, OPEN_WORDS, type WordRelease } from './port.ts';
import {
  entryOf,
  itemOf,
  ledgerIn,
  MARK,
  rawLedger,
  reopened,
  rowsIn,
  temporaryDir,
  watchedCommits,
} from './testing/ground.ts';
import { openWordTable } from './words.ts';

const WORDS = 'SELECT id, text, how, by, reason, atMs FROM words ORDER BY n';
const word = (id: string, text = `{"id":"${id}"}`) => ({ id, text });
const release = (how: WordRelease['how'] = 'operator'): WordRelease => ({
  how,
  by: 'alice',
  reason: 'checked by hand',
  atMs: 1_700_000_000_000,
});

test('a word is on disk when it settles: another process that copies the files finds it', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  await ledger.keepWord(word('one'));
  const copy = temporaryDir(t);
  mkdirSync(dirname(copy), { recursive: true });
  // By another process: a descriptor that this one closed would end the lock of the ledger.
  execFileSync('cp', ['-r', dir, copy]);
  assert.deepEqual((await ledgerIn(t, copy)).openWords(), [word('one')]);
});

test('words stay open over restarts, oldest first, until each is released', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  await Promise.all(['b', 'a', 'c'].map((id) => ledger.keepWord(word(id))));
  await ledger.keepWord(word('a', '{"later":true}'));
  assert.deepEqual(ledger.openWords(), [word('b'), word('a'), word('c')]);
  await ledger.releaseWord('a', release());
  await ledger.releaseWord('a', release('adopted'));
  await ledger.releaseWord('never kept', release());

  const again = await reopened(t, ledger, dir);
  assert.deepEqual(again.openWords(), [word('b'), word('c')]);
  await again.keepWord(word('a', '{"again":true}'));
  assert.deepEqual(again.openWords(), [word('b'), word('c'), word('a', '{"again":true}')]);
  await again.close();
  assert.deepEqual(rowsIn(dir, WORDS), [
    ['b', word('b').text, null, null, null, null],
    ['a', word('a').text, 'operator', 'alice', 'checked by hand', 1_700_000_000_000],
    ['c', word('c').text, null, null, null, null],
    ['a', '{"again":true}', null, null, null, null],
  ]);
});

test('a word and entries that arrive together share one commit, and fail together', async (t) => {
  const dir = temporaryDir(t);
  const { seen, aroundCommit } = watchedCommits();
  const ledger = await ledgerIn(t, dir, { aroundCommit });
  await Promise.all([ledger.keepWord(word('one')), ledger.append([itemOf(entryOf({ seq: 1n }))])]);
  assert.equal(seen.commits, 1);
  const spoiled = { ...itemOf(entryOf({ seq: 2n })), decision: { detail: {} } as never };
  const settled = await Promise.allSettled([
    ledger.keepWord(word('two')),
    ledger.releaseWord('one', release()),
    ledger.append([spoiled]),
  ]);
  assert.ok(settled.every((each) => each.status === 'rejected' && each.reason instanceof LedgerFault));
  assert.deepEqual([ledger.openWords(), ledger.point(MARK)?.seq], [[word('one')], 1n]);
  await ledger.append([itemOf(entryOf({ seq: 3n }))]);
  await ledger.close();
  assert.deepEqual(rowsIn(dir, 'SELECT id, how FROM words'), [['one', null]]);
  assert.deepEqual(rowsIn(dir, 'SELECT seq FROM entries'), [[1], [3]]);
});

test('a text beyond its bound is refused with what to do, and one at the bound is kept', async (t) => {
  const ledger = await ledgerIn(t);
  await ledger.keepWord(word('fits', 'é'.repeat(2048)));
  await assert.rejects(ledger.keepWord(word('long', `${'é'.repeat(2048)}x`)), {
    name: 'LedgerFault',
    message: /4097 bytes/,
  });
  const long = { ...release(), reason: 'x'.repeat(4096) };
  await assert.rejects(ledger.releaseWord('fits', long), { name: 'LedgerFault', remedy: /shorter reason/ });
  assert.deepEqual(
    ledger.openWords().map(({ id }) => id),
    ['fits'],
  );
  await ledger.close();
  await assert.rejects(ledger.keepWord(word('late')), LedgerFault);
});

test('open words have a bound: one more is refused, one that is open already is not', async (t) => {
  const ledger = await ledgerIn(t);
  await Promise.all(Array.from({ length: OPEN_WORDS }, (_, index) => ledger.keepWord(word(`w${index}`))));
  await assert.rejects(ledger.keepWord(word('one more')), {
    name: 'LedgerFault',
    remedy: /rollback-report list/,
  });
  await ledger.keepWord(word('w7'));
  await ledger.releaseWord('w7', release());
  await ledger.keepWord(word('one more'));
  assert.equal(ledger.openWords().length, OPEN_WORDS);
});

test('words that the store explained leave beyond their bound, oldest first; other evidence never does', (t) => {
  const db = rawLedger(t);
  let table = openWordTable(db, 2);
  const play = (id: string, how: WordRelease['how'] | null) => {
    const group = table.group();
    group.apply({ kind: 'keep', word: word(id) });
    if (how !== null) group.apply({ kind: 'release', id, release: release(how) });
    group.prune();
    group.settle();
  };
  play('open', null);
  for (const how of ['operator', 'adopted', 'explained', 'explained'] as const) play(`${how} 1`, how);
  table = openWordTable(db, 2);
  for (const turn of [2, 3]) play(`explained ${turn}`, 'explained');
  const left = db.prepare('SELECT id FROM words ORDER BY n').all();
  assert.deepEqual(
    left.map(({ id }) => id),
    ['open', 'operator 1', 'adopted 1', 'explained 2', 'explained 3'],
  );
});
