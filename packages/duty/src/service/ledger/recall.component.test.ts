import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryHash } from '../../rule/index.ts';
import { NEWEST } from './lookups.ts';
import { LedgerFault, SEQ_MAX } from './port.ts';
import {
  entryOf,
  itemOf,
  ledgerIn,
  MARK,
  planOf,
  rawLedger,
  reopened,
  spoiled,
  temporaryDir,
} from './testing/ground.ts';

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

  const again = await reopened(t, ledger, dir);
  assert.deepEqual([...again.points().keys()].sort(), ['chain/key/aura', MARK]);
  assert.deepEqual(again.point(MARK), point);
  assert.deepEqual([again.point('chain/key/aura')?.part, again.point('chain/key/aura')?.top], [null, null]);
  await again.append([grant({ seq: 10n, unit: [2n ** 64n - 1n] }), grant({ seq: 1n, duty: 'beefy' })]);
  const seqs = [...(await reopened(t, again, dir)).points()].map(([mark, { seq }]) => `${mark} ${seq}`);
  assert.deepEqual(seqs.sort(), ['chain/key/aura 1', `${MARK} 10`, 'chain/key/beefy 1']);
});

test('a new epoch voids the older head, and a late entry of the old one does not bring it back', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  await ledger.append([grant({ seq: 80n })]);
  await ledger.append([grant({ seq: 51n, unit: [1n], epoch: 'second' }), grant({ seq: 81n })]);
  const again = await reopened(t, ledger, dir);
  await again.append([grant({ seq: 82n })]);
  const { epoch, seq, top } = again.point(MARK) ?? {};
  assert.deepEqual([epoch, seq, top], ['second', 51n, [1n]]);
});

test('the grants of a unit are those of the present epoch, before and after a restart', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  const unit = [5n, 1n];
  const lines = [
    { part: 'enter', digest: null, nonce: 'e', service: 'one' },
    { part: 'prevote', digest: 'aa', nonce: 'p', service: 'one' },
    { part: 'prevote', digest: 'bb', nonce: 'q', service: 'two' },
  ] as const;
  for (const { part, ...line } of lines)
    await ledger.append([grant({ seq: part === 'enter' ? 1n : 2n, unit, parts: [part], ...line })]);
  assert.deepEqual(ledger.grantsOf(MARK, unit), lines);
  assert.deepEqual(ledger.grantsOf(MARK, [5n, 0n]), []);
  assert.deepEqual(ledger.grantsOf('chain/key/beefy', unit), []);

  const again = await reopened(t, ledger, dir);
  assert.deepEqual(again.grantsOf(MARK, unit), lines);
  await again.append([grant({ seq: 2n, unit: [6n, 1n], epoch: 'second' })]);
  assert.deepEqual([again.grantsOf(MARK, unit), again.grantsOf(MARK, [6n, 1n]).length], [[], 1]);
  const third = await reopened(t, again, dir);
  assert.deepEqual([third.grantsOf(MARK, unit), third.grantsOf(MARK, [6n, 1n]).length], [[], 1]);
  await third.close();
  assert.throws(() => third.grantsOf(MARK, unit), LedgerFault);
});

test('an old entry is found by its hash', async (t) => {
  const ledger = await ledgerIn(t);
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
  const again = await reopened(t, ledger, dir);
  assert.equal(again.grantsOf(MARK, [9000n]).length, 1);
  const details = planOf(rawLedger(t), NEWEST);
  assert.match(details.join(), /SEARCH entries USING INDEX entries_step/);
  assert.ok(!details.some((detail) => /TEMP B-TREE|SCAN entries/.test(detail)), details.join());
  // The inner limit must stand before the filter: no `epoch` inside the part that reads.
  assert.match(NEWEST, /LIMIT 1024\s+\) WHERE epoch = :epoch/);
});

test('an entry that changed on disk is damage for a claim, and one that grew beyond any line for an export too', async (t) => {
  const message = /damaged: an entry no longer has its hash/;
  const two = [grant({ seq: 1n }), grant({ seq: 2n })];
  const altered = async (body: string) =>
    ledgerIn(t, await spoiled(t, `UPDATE entries SET body = ${body} WHERE seq = 1`, ...two));
  const changed = await altered("replace(body, 'aaaa', 'bbbb')");
  assert.throws(() => changed.grantsOf(MARK, [1n]), { name: 'LedgerFault', message });
  const grown = await altered("printf('%.*c', 5000000, 'x')");
  assert.throws(() => grown.grantsOf(MARK, [1n]), { name: 'LedgerFault', message: /damaged/ });
  const exported = () => [...grown.source().entries()];
  assert.throws(exported, { name: 'LedgerFault', message: /damaged: entry 1 is too long/ });
});
