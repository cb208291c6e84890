import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { entryHash } from '../../rule/index.ts';
import { NEWEST } from './lookups.ts';
import { LedgerFault, SEQ_MAX } from './port.ts';
import { entryOf, itemOf, ledgerIn, MARK, rawLedger, temporaryDir } from './testing/ground.ts';

const grant = (over: Parameters<typeof entryOf>[0]) => itemOf(entryOf(over));

test('a point has the head and the highest unit of its epoch, also after a restart', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  assert.equal(ledger.point(MARK), null);
  const adoption = { kind: 'adopt' as const, parts: [], owner: null, unit: null };
  await ledger.append([grant({ seq: 1n, duty: 'aura', ...adoption })]);
  await ledger.append([grant({ seq: 8n, unit: [5n, 90n] }), grant({ seq: 9n, unit: [5n, 7n], nonce: 'n9' })]);
  await ledger.append([grant({ seq: 3n, unit: [5n, 100n] })]);
  const hash = entryHash(entryOf({ seq: 9n, unit: [5n, 7n], nonce: 'n9' }));
  const point = { epoch: 'first', seq: 9n, hash, unit: [5n, 7n], part: 'seal', nonce: 'n9', top: [5n, 100n] };
  assert.deepEqual(ledger.point(MARK), point);
  await ledger.close();

  const again = await ledgerIn(t, dir);
  assert.deepEqual(again.point(MARK), point);
  assert.deepEqual([again.point('chain/key/aura')?.part, again.point('chain/key/aura')?.top], [null, null]);
  await again.append([
    grant({ seq: 2n, unit: [1n, 1n], epoch: 'second' }),
    grant({ seq: 10n, unit: [9n, 9n] }),
  ]);
  assert.deepEqual([again.point(MARK)?.seq, again.point(MARK)?.top], [2n, [1n, 1n]]);
});

test('the grants of a unit are those of the present epoch, before and after a restart', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  const unit = [5n, 1n];
  await ledger.append([grant({ seq: 1n, unit, parts: ['enter'], digest: null, nonce: 'e', service: 'one' })]);
  await ledger.append([
    grant({ seq: 2n, unit, parts: ['prevote'], digest: 'aa', nonce: 'p', service: 'one' }),
  ]);
  await ledger.append([
    grant({ seq: 2n, unit, parts: ['prevote'], digest: 'bb', nonce: 'q', service: 'two' }),
  ]);
  const lines = [
    { part: 'enter', digest: null, nonce: 'e', service: 'one' },
    { part: 'prevote', digest: 'aa', nonce: 'p', service: 'one' },
    { part: 'prevote', digest: 'bb', nonce: 'q', service: 'two' },
  ];
  assert.deepEqual(ledger.grantsOf(MARK, unit), lines);
  assert.deepEqual(ledger.grantsOf(MARK, [5n, 0n]), []);
  assert.deepEqual(ledger.grantsOf('chain/key/beefy', unit), []);
  await ledger.close();

  const again = await ledgerIn(t, dir);
  assert.deepEqual(again.grantsOf(MARK, unit), lines);
  await again.append([grant({ seq: 2n, unit: [6n, 1n], epoch: 'second' })]);
  assert.deepEqual([again.grantsOf(MARK, unit), again.grantsOf(MARK, [6n, 1n]).length], [[], 1]);
  await again.close();
  const third = await ledgerIn(t, dir);
  assert.deepEqual([third.grantsOf(MARK, unit), third.grantsOf(MARK, [6n, 1n]).length], [[], 1]);
  await third.close();
  assert.throws(() => third.grantsOf(MARK, unit), LedgerFault);
});

test('a refused append is in no memory', async (t) => {
  const ledger = await ledgerIn(t, temporaryDir(t));
  await ledger.append([grant({ seq: 1n })]);
  const wrong = { ...grant({ seq: 2n }), decision: { detail: {} } as never };
  await assert.rejects(ledger.append([wrong]), LedgerFault);
  assert.deepEqual([ledger.point(MARK)?.seq, ledger.grantsOf(MARK, [2n])], [1n, []]);
});

test('an old entry is found by its hash', async (t) => {
  const ledger = await ledgerIn(t, temporaryDir(t));
  const old = entryOf({ seq: 2n, unit: [5n, 3n], nonce: 'old' });
  await ledger.append([grant({ seq: 1n, unit: [5n, 8n] }), itemOf(old), grant({ seq: 3n, unit: [5n, 9n] })]);
  const hash = entryHash(old);
  assert.ok(ledger.holds(MARK, 'first', 2n, hash));
  assert.ok(ledger.holds(MARK, 'first', 3n, ledger.point(MARK)?.hash ?? ''));
  const misses: readonly [string, string, bigint, string][] = [
    ['chain/key/aura', 'first', 2n, hash],
    [MARK, 'second', 2n, hash],
    [MARK, 'first', 3n, hash],
    [MARK, 'first', 2n, 'f'.repeat(64)],
    [MARK, 'first', -1n, hash],
    [MARK, 'first', SEQ_MAX + 1n, hash],
  ];
  for (const miss of misses) assert.equal(ledger.holds(...miss), false);
});

test('a look back reads a bounded stretch of the index, whatever epochs lie in it', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  const old = Array.from({ length: 3000 }, (_, index) => grant({ seq: BigInt(index + 1) }));
  await ledger.append(old);
  await ledger.append([grant({ seq: 3001n, unit: [9000n], epoch: 'second' })]);
  await ledger.close();
  const again = await ledgerIn(t, dir);
  assert.equal(again.grantsOf(MARK, [9000n]).length, 1);
  await again.close();
  const db = rawLedger(dir);
  const details = db
    .prepare(`EXPLAIN QUERY PLAN ${NEWEST}`)
    .all()
    .map((row) => String(row.detail));
  db.close();
  assert.match(details.join(), /SEARCH entries USING INDEX entries_step/);
  assert.ok(!details.some((detail) => /TEMP B-TREE|SCAN entries/.test(detail)), details.join());
  // The inner limit must stand before the filter: no `epoch` inside the part that reads.
  assert.match(NEWEST, /LIMIT 1024\s+\) WHERE epoch = :epoch/);
});

/** A ledger of two entries, the first of which became this expression. */
async function altered(t: TestContext, body: string) {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  await ledger.append([grant({ seq: 1n }), grant({ seq: 2n })]);
  await ledger.close();
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  db.exec(`UPDATE entries SET body = ${body} WHERE seq = 1`);
  db.close();
  return ledgerIn(t, dir);
}

test('an entry that changed on disk is damage, and the ledger refuses to answer from it', async (t) => {
  const again = await altered(t, "replace(body, 'aaaa', 'bbbb')");
  const message = /damaged: an entry no longer has its hash/;
  assert.throws(() => again.grantsOf(MARK, [1n]), { name: 'LedgerFault', message });
});

test('an entry that grew beyond any line is damage for a claim and for an export', async (t) => {
  const again = await altered(t, "printf('%.*c', 5000000, 'x')");
  assert.throws(() => again.grantsOf(MARK, [1n]), { name: 'LedgerFault', message: /damaged/ });
  const exported = () => [...again.source().entries()];
  assert.throws(exported, { name: 'LedgerFault', message: /damaged: entry 1 is too long/ });
});
