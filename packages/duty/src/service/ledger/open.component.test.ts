import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { entryHash } from '../../rule/index.ts';
import { nextChange } from '../ground/changes.ts';
import { decodePolicy, toBytes, toText } from '../ground/records.ts';
import { policyDocument } from '../testing/services.ts';
import type { Fork } from './port.ts';
import { AT_OPEN } from './schema.ts';
import {
  decisionOf,
  entryOf,
  itemOf,
  ledgerIn,
  MARK,
  planOf,
  rawLedger,
  reopened,
  rowsIn,
  spoiled,
  temporaryDir,
} from './testing/ground.ts';

test('a directory is made for its owner alone, and keeps its identity and binding', async (t) => {
  const dir = temporaryDir(t);
  const first = await ledgerIn(t, dir);
  assert.match(first.serviceId, /^[0-9a-f]{32}$/);
  assert.equal(first.ledgerId(), null);
  await first.bind('one');
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  for (const name of ['ledger.db', 'ledger.db-wal'])
    assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600);
  const again = await reopened(t, first, dir, {
    random: { bytes: (length) => new Uint8Array(length).fill(9) },
  });
  assert.equal(again.serviceId, first.serviceId);
  assert.equal(again.ledgerId(), 'one');
  await again.bind('one');
  await assert.rejects(again.bind('two'), /remembers ledger one, and the store holds ledger two/);
  assert.equal(again.ledgerId(), 'one');
});

test('an entry that is there already is kept once, and its decision is still recorded', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  const entry = entryOf({ seq: 1n });
  await ledger.append([itemOf(entry)]);
  await ledger.append([itemOf(entry, decisionOf({ outcome: 'granted', reason: 'repeat', seq: '1' }))]);
  assert.deepEqual(
    ledger.decisions({ limit: 10 }).decisions.map(({ id, reason }) => [id, reason]),
    [[1, 'repeat']],
  );
  await ledger.close();
  assert.equal(rowsIn(dir, 'SELECT 1 FROM entries').length, 1);
});

test('two entries with one number are both kept as evidence and reported once', async (t) => {
  const dir = temporaryDir(t);
  const forks: Fork[] = [];
  const ledger = await ledgerIn(t, dir);
  ledger.subscribeForks((fork) => forks.push(fork));
  const one = entryOf({ seq: 5n });
  const other = entryOf({ seq: 5n, digest: 'bb'.repeat(32) });
  await ledger.append([itemOf(one), itemOf(entryOf({ seq: 5n, epoch: 'second', key: 'other' }))]);
  await ledger.append([itemOf(other)]);
  await ledger.append([itemOf(other), itemOf(one)]);
  const hashes = [entryHash(one), entryHash(other)];
  assert.deepEqual(forks, [{ mark: MARK, epoch: 'first', seq: '5', hashes }]);
  assert.equal(ledger.point(MARK)?.hash, hashes[0]);
  await ledger.close();
  assert.equal(rowsIn(dir, "SELECT 1 FROM entries WHERE seq = 5 AND epoch = 'first'").length, 2);
});

test('who listens for forks hears one before its append settles, and no more after leaving', async (t) => {
  const ledger = await ledgerIn(t);
  const order: string[] = [];
  const leave = ledger.subscribeForks(({ seq }) => order.push(`fork ${seq}`));
  await ledger.append([itemOf(entryOf({ seq: 5n })), itemOf(entryOf({ seq: 6n }))]);
  await ledger.append([itemOf(entryOf({ seq: 5n, nonce: 'other' }))]).then(() => order.push('settled'));
  assert.deepEqual(order, ['fork 5', 'settled']);
  leave();
  await ledger.append([itemOf(entryOf({ seq: 6n, nonce: 'other' }))]);
  assert.deepEqual(order, ['fork 5', 'settled']);
});

test('an entry under a hash that is not its own fails its own call alone', async (t) => {
  const ledger = await ledgerIn(t);
  const wrong = { ...itemOf(entryOf({ seq: 1n })), hash: 'f'.repeat(64) };
  const bad = ledger.append([itemOf(entryOf({ seq: 2n })), wrong]);
  const good = ledger.append([itemOf(entryOf({ seq: 3n, key: 'other' }))]);
  await assert.rejects(bad, { name: 'LedgerFault', message: /does not have the hash/ });
  await good;
  assert.equal(ledger.point(MARK), null);
  assert.equal(ledger.point('chain/other/babe')?.seq, 3n);
});

test('the file is synced at every commit and held by one connection', (t) => {
  const db = rawLedger(t);
  const pragmas = [
    ...['synchronous = 2', 'journal_mode = wal', 'locking_mode = exclusive', 'page_size = 2048'],
    // The last two make a sync reach the medium on macOS; SQLite keeps them, without effect, on every system.
    ...['wal_autocheckpoint = 16384', 'fullfsync = 1', 'checkpoint_fullfsync = 1'],
  ];
  for (const pragma of pragmas) {
    const [name = ''] = pragma.split(' ');
    assert.equal(`${name} = ${db.prepare(`PRAGMA ${name}`).get()?.[name]}`, pragma);
  }
});

test('opening never walks through the entries: one of each mark is looked up', (t) => {
  const db = rawLedger(t);
  const steps = Object.values(AT_OPEN).flatMap((sql) => planOf(db, sql));
  for (const step of steps.filter((each) => each.includes('entries'))) assert.match(step, ONE_ENTRY);
  assert.match(planOf(db, AT_OPEN.noteCount).join(), /USING COVERING INDEX decisions_notes/);
  assert.match(planOf(db, AT_OPEN.explainedCount).join(), /USING COVERING INDEX words_explained/);
  assert.match(planOf(db, AT_OPEN.lastDecision).join(), /SEARCH decisions/);
  assert.match(planOf(db, 'SELECT count(body) FROM entries').join(), /SCAN entries/);
});

const ONE_ENTRY = /^SEARCH entries USING INDEX entries_step \(mark=\? AND seq=\?\)/;

test('a newer version, another program and a damaged file are refused with what to do', async (t) => {
  const missing = /damaged: the last entry of chain\/key\/babe is missing or too long/;
  const cases = [
    ['PRAGMA user_version = 5', /it has version 5, this release reads version 4/],
    ['PRAGMA user_version = 0', /it has version 0, this release reads version 4/],
    ['PRAGMA application_id = 1', /damaged: the file belongs to another program/],
    ['PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 1', /damaged/],
    ["UPDATE entries SET body = replace(body, 'node-a', 'node-b')", /no longer has/],
    ['DELETE FROM entries', missing],
    ["UPDATE entries SET body = printf('%.*c', 5000000, 'x')", missing],
    ["UPDATE identity SET value = printf('%.*c', 17000000, 'x')", /damaged: it is not a readable ledger/],
  ] as const;
  for (const [spoil, message] of cases) {
    const dir = await spoiled(t, spoil, itemOf(entryOf({ seq: 1n })));
    const remedy = /let another service approve this one|begin a new ledger/;
    await assert.rejects(ledgerIn(t, dir), { name: 'LedgerFault', message, remedy }, spoil);
  }
});

test('a file with a hole, or a torn end, gives true answers or clear faults', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  for (let seq = 1n; seq <= 40n; seq++) await ledger.append([itemOf(entryOf({ seq }), decisionOf())]);
  await ledger.store().transact([{ compares: [], writes: [{ key: 'policy', value: toBytes(CHANGE.text) }] }]);
  await ledger.close();
  const whole = readFileSync(join(dir, 'ledger.db'));
  const answers = await answersOf(t, whole);
  for (let from = 0; from < whole.length; from += 2_048) {
    const hole = Buffer.from(whole).fill(0, from, from + 2_048);
    // Without a whole page it is an empty file, as in a new folder.
    const torn = whole.subarray(0, Math.max(from, 2_048) + 1);
    for (const file of [hole, torn])
      for (const [at, answer] of (await answersOf(t, file)).entries())
        if (answer instanceof Error)
          assert.match(answer.name, /^(Ledger|Store)Fault$|^RecordError$/, `page at ${from}`);
        else assert.deepEqual(answer, answers[at], `page at ${from}`);
  }
});

/** Takes several pages; SQLite reads a hole in the last one as zeros. */
const policy = { ...policyDocument(), mode: 'enforce' } as const;
const CHANGE = nextChange(null, { by: 'ada'.repeat(2_000), atMs: 7, policy, token: null });

/** Each answer of the file, or the fault in its place; one fault alone if the file is refused. */
async function answersOf(t: TestContext, file: Buffer): Promise<readonly unknown[]> {
  const dir = temporaryDir(t);
  mkdirSync(dir);
  writeFileSync(join(dir, 'ledger.db'), file);
  const ledger = await ledgerIn(t, dir).catch((error: Error) => error);
  if (ledger instanceof Error) return [ledger];
  const grants = Array.from({ length: 40 }, (_, at) => () => ledger.grantsOf(MARK, [BigInt(at + 1)]));
  const readPolicy = async () => {
    const [value] = await ledger.store().read(['policy']);
    return value == null ? null : decodePolicy(toText(value, 'policy'), CHANGE.pointer.versionId);
  };
  const whole = [() => [...ledger.source().entries()], readPolicy];
  return Promise.all([...grants, ...whole].map((read) => (async () => read())().catch((error) => error)));
}
