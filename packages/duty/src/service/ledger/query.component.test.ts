import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { boundSql, pageSql, SCAN_ROWS, WALKS } from './query.ts';
import {
  allPages,
  decisionOf,
  entryOf,
  itemOf,
  ledgerIn,
  planOf,
  rawLedger,
  reopened,
  repeated,
  stillClock,
  temporaryDir,
} from './testing/ground.ts';

test('a rare filter ends its page early and still leads to every row', async (t) => {
  const ledger = await ledgerIn(t);
  await ledger.append(repeated(1_000, decisionOf({ outcome: 'granted', duty: 'beefy' })));
  for (let row = 1_000; row < SCAN_ROWS * 2 + 10; row += 1_000) await ledger.append(repeated(1_000));
  const first = ledger.decisions({ limit: 1000, duty: 'beefy' });
  assert.deepEqual(first.decisions, []);
  assert.notEqual(first.next, null);
  assert.equal(allPages(ledger.decisions, { limit: 1000, duty: 'beefy' }).length, 1000);
});

test('every way through the table walks an index in order', (t) => {
  const db = rawLedger(t);
  const walks: Record<keyof typeof WALKS, RegExp> = {
    unit: /SEARCH search USING COVERING INDEX search_unit /,
    refused: /SEARCH decisions USING (COVERING )?INDEX decisions_refused /,
    node: /SEARCH search USING COVERING INDEX search_node /,
    key: /SEARCH search USING COVERING INDEX search_key /,
    all: /SEARCH decisions USING INTEGER PRIMARY KEY/,
  };
  for (const walk of Object.keys(WALKS) as (keyof typeof WALKS)[])
    for (const sql of [pageSql(walk), boundSql(walk)]) {
      const plan = planOf(db, sql).join('\n');
      assert.match(plan, walks[walk], walk);
      assert.doesNotMatch(plan, /TEMP B-TREE|SCAN/, walk);
    }
});

test('a grant writes no index of decisions', (t) => {
  const sql = "SELECT name, partial FROM pragma_index_list('decisions') ORDER BY name";
  const indexes = rawLedger(t).prepare(sql).all();
  // Both are of refusals alone.
  assert.deepEqual(
    indexes.map(({ name, partial }) => `${name} ${partial}`),
    ['decisions_notes 1', 'decisions_refused 1'],
  );
});

test('refusals are pruned to their bound, oldest first; grants never are', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir, { maxDenials: 5 });
  for (let seq = 1n; seq <= 12n; seq++) {
    ledger.note(decisionOf({ claimId: `note-${seq}` }));
    await ledger.append([itemOf(entryOf({ seq }), decisionOf({ outcome: 'granted', reason: 'new' }))]);
  }
  assert.equal(allPages(ledger.decisions, { limit: 4, outcome: 'granted' }).length, 12);
  assert.deepEqual(
    allPages(ledger.decisions, { limit: 4, outcome: 'denied' }).map(({ claimId }) => claimId),
    ['note-12', 'note-11', 'note-10', 'note-9', 'note-8'],
  );
  const again = await reopened(t, ledger, dir, { maxDenials: 3 });
  again.note(decisionOf({ claimId: 'note-13' }));
  const left = allPages(again.decisions, { limit: 4, outcome: 'denied' });
  assert.deepEqual(
    left.map(({ claimId }) => claimId),
    ['note-13', 'note-12', 'note-11'],
  );
  assert.equal(left[0]?.id, 25, 'ids go on after a restart');
});

test('subscribers hear every decision once, in the order of ids, until they leave', async (t) => {
  const ledger = await ledgerIn(t);
  const first: number[] = [];
  const second: number[] = [];
  const leave = ledger.subscribe(({ id, node }) => {
    first.push(id);
    if (node === 'noisy') ledger.note(decisionOf({ node: 'quiet' }));
    if (node === 'noisy') ledger.decisions({ limit: 1 });
  });
  ledger.subscribe(({ id }) => second.push(id));
  ledger.subscribe(() => {
    throw new Error('a broken listener');
  });
  ledger.note(decisionOf({ node: 'noisy' }));
  await Promise.all([1n, 2n].map((seq) => ledger.append([itemOf(entryOf({ seq }), decisionOf())])));
  assert.deepEqual(first, [1, 2, 3, 4]);
  assert.deepEqual(second, first);
  leave();
  await ledger.append([itemOf(entryOf({ seq: 3n }), decisionOf())]);
  assert.deepEqual([first.length, second.length], [4, 5]);
});

test('notes need no append: a timer of the clock or a reader writes them', async (t) => {
  let wake = () => {};
  const clock = { ...stillClock, sleep: () => new Promise<void>((resolve) => (wake = resolve)) };
  const ledger = await ledgerIn(t, undefined, { clock });
  const heard: number[] = [];
  ledger.subscribe(({ id }) => heard.push(id));
  ledger.note(decisionOf());
  assert.deepEqual(heard, []);
  wake();
  await nextTurn();
  assert.deepEqual(heard, [1]);
  ledger.note(decisionOf());
  assert.equal(ledger.decisions({ limit: 5 }).decisions.length, 2);
});

test('too many notes drop the oldest', async (t) => {
  const ledger = await ledgerIn(t, undefined, { clock: stillClock });
  for (let n = 1; n <= 11_500; n++) ledger.note(decisionOf({ claimId: String(n) }));
  const kept = allPages(ledger.decisions, { limit: 1000 });
  assert.equal(kept.length, 10_500);
  assert.equal(kept.at(-1)?.claimId, '1001');
});
