import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import type { DecisionQuery, DecisionRecord } from '../contract.ts';
import { openDecisions } from './decisions.ts';
import { decisionReader, SCAN_ROWS } from './query.ts';
import { openSearch, STEP_ROWS } from './search.ts';
import {
  allPages,
  decisionOf,
  ledgerIn,
  rawLedger,
  repeated,
  rowsIn,
  stillClock,
  temporaryDir,
} from './testing/ground.ts';

const KEYS = ['0x00aa11bb22cc', '0xff0011bb22cc', 'short'] as const;
const ROWS = 300;

test('pages are the same however much of the decisions is in the search table', (t) => {
  const db = rawLedger(t);
  const all = fill(db, ROWS);
  const search = openSearch(db);
  const read = decisionReader(db, search);
  const filter = fc.record(
    {
      chain: fc.constantFrom('c0', 'c1'),
      key: fc.constantFrom(...KEYS, 'none'),
      duty: fc.constantFrom('babe', 'grandpa'),
      node: fc.constantFrom('n0', 'n1', 'n9'),
      outcome: fc.constantFrom('granted' as const, 'denied' as const, 'unknown' as const),
      unit: fc.integer({ min: 0, max: 12 }).map(String),
      before: fc.integer({ min: 1, max: ROWS + 10 }),
    },
    { requiredKeys: [] },
  );
  for (const step of [0, 1, 119, 100, 1_000]) {
    search.extend(step)();
    fc.assert(
      fc.property(filter, fc.integer({ min: 1, max: 40 }), (query, limit) => {
        const found = allPages(read, { ...query, limit });
        assert.deepEqual(found, all.filter((decision) => matches(decision, query)).reverse());
      }),
      { numRuns: 60 },
    );
  }
  assert.deepEqual([search.upTo(), search.behind()], [ROWS, 0]);
  assert.equal(openSearch(db).upTo(), ROWS, 'also after a restart');
});

test('grants leave the table alone; a query fills it in the background, and then finds a rare unit at once', async (t) => {
  const { clock, tick } = handClock();
  const ledger = await ledgerIn(t, undefined, { clock });
  const rows = SCAN_ROWS + STEP_ROWS * 2;
  await ledger.append(repeated(1_000, decisionOf({ outcome: 'granted', unit: 'rare' })));
  for (let row = 1_000; row < rows; row += 1_000) await ledger.append(repeated(1_000));
  assert.equal(tick(), 0, 'without a query the table is not filled');
  const first = ledger.decisions({ limit: 5, unit: 'rare' });
  assert.deepEqual(first.decisions, []);
  const second = ledger.decisions({ limit: 5, unit: 'rare', before: first.next ?? 0 });
  assert.equal(second.decisions.length, 5, 'no decision is left out before it is in the table');
  let steps = 0;
  while (tick() > 0) {
    steps += 1;
    // A step has a separate commit, in a later turn.
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    assert.ok(steps < 100, 'the filling ends');
  }
  assert.equal(steps, rows / STEP_ROWS - 1, 'the newest decisions stay out');
  assert.equal(ledger.decisions({ limit: 5, unit: 'rare' }).decisions.length, 5);
  await ledger.close();
  assert.equal(tick(), 0);
});

test('the filling ends with the ledger, and a query without a column of the table does not begin it', async (t) => {
  const { clock, tick } = handClock();
  const ledger = await ledgerIn(t, undefined, { clock });
  await ledger.append(repeated(STEP_ROWS * 3));
  ledger.decisions({ limit: 5, outcome: 'granted' });
  assert.equal(tick(), 0);
  ledger.decisions({ limit: 5, node: 'n' });
  await ledger.close();
  assert.equal(tick(), 0);
});

test('a pruned refusal leaves the search table too', async (t) => {
  const dir = temporaryDir(t);
  const { clock, tick } = handClock();
  const ledger = await ledgerIn(t, dir, { clock, maxDenials: STEP_ROWS * 2 });
  const note = (count: number) => {
    for (let n = 0; n < count; n++) ledger.note(decisionOf({ claimId: String(n) }));
    ledger.decisions({ limit: 1, node: 'n' });
  };
  note(STEP_ROWS * 2);
  while (tick() > 0) for (let turn = 0; turn < 3; turn++) await nextTurn();
  note(STEP_ROWS);
  await ledger.close();
  const counts = rowsIn(
    dir,
    'SELECT (SELECT count(*) FROM decisions), (SELECT count(*) FROM decisions_search)',
  );
  assert.deepEqual(counts, [[STEP_ROWS * 2, 0]]);
});

/** A clock whose sleeps end by hand: `tick` ends those of the filling, and counts them. */
function handClock() {
  const sleeping: { ms: number; signal: AbortSignal | undefined; wake: () => void }[] = [];
  const clock = {
    ...stillClock,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((wake) => sleeping.push({ ms, signal, wake })),
  };
  const tick = (): number => {
    // Notes wait 20 ms; only the filling waits longer.
    const due = sleeping.splice(0).filter(({ ms, signal }) => ms > 20 && signal?.aborted !== true);
    for (const { wake } of due) wake();
    return due.length;
  };
  return { clock, tick };
}

function fill(db: DatabaseSync, count: number): readonly DecisionRecord[] {
  const group = openDecisions(db, count).group();
  for (let n = 0; n < count; n++) {
    const outcome = (['granted', 'denied', 'unknown'] as const)[(n * 7) % 3] ?? 'denied';
    const parts = n % 5 === 0 ? (['prevote', 'precommit'] as const) : [];
    const duty = n % 5 === 0 ? 'grandpa' : 'babe';
    const place = { chain: `c${n % 2}`, key: KEYS[n % 3] ?? '', node: `n${n % 4}`, unit: String(n % 13) };
    const [digest, seq] = n % 2 === 0 ? [null, null] : ['0xaa', String(n)];
    group.add(decisionOf({ outcome, duty, parts, ...place, digest, seq }), outcome === 'granted');
  }
  return group.settle();
}

function matches(decision: DecisionRecord, query: Partial<DecisionQuery>): boolean {
  const { before, ...filters } = query;
  if (before !== undefined && decision.id >= before) return false;
  return Object.entries(filters).every(([name, value]) => decision[name as keyof DecisionRecord] === value);
}
