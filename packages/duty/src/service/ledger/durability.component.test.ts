import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noSmallDisk, smallDisk } from '@watchbill/duty/store/testing/places';
import { LedgerFault } from './port.ts';
import { decisionOf, entryOf, itemOf, ledgerIn, MARK, rawLedger, temporaryDir } from './testing/ground.ts';
import { commitEnds } from './testing/wal.ts';

const CHILD = fileURLToPath(new URL('./testing/durability-child.ts', import.meta.url));

test('after kill -9 everything acknowledged is there, and the next process gets in', async (t) => {
  const dir = temporaryDir(t);
  for (const until of [20, 60, 110]) {
    const child = startChild(t, dir);
    const acknowledged = await linesUntil(child, (lines) => lines.length > until);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const ledger = await ledgerIn(t, dir);
    assert.equal(
      statSync(join(dir, 'ledger.db-wal')).size,
      0,
      'the log is synced into the file before it is read',
    );
    const highest = Math.max(...acknowledged.slice(1).map(Number));
    assert.ok(Number(ledger.head(MARK)?.seq) >= highest);
    assert.ok(ledger.decisions({ limit: 1 }).decisions.length > 0);
    await ledger.close();
    const stored = storedSeqs(dir);
    for (const line of acknowledged.slice(1)) assert.ok(stored.has(Number(line)), `seq ${line} is missing`);
  }
});

test('a second process and a second opening are refused, and the first goes on', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  await assert.rejects(ledgerIn(t, dir), {
    name: 'LedgerFault',
    message: /another process holds it/,
    remedy: /Stop the other service/,
  });
  // After the refusal within this process the lock must still hold against others.
  const child = startChild(t, dir);
  const [line] = await linesUntil(child, (lines) => lines.length === 1);
  assert.match(line ?? '', /^fault .*another process holds it.* \| Stop the other service/);
  await ledger.append([itemOf(entryOf({ seq: 1n }))]);
  assert.equal(ledger.head(MARK)?.seq, '1');
});

test('a log cut or spoiled anywhere keeps every whole commit before the damage and no half one', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  for (const first of [1n, 11n, 21n, 31n]) {
    const calls = Array.from({ length: 10 }, (_, index) => first + BigInt(index)).map((seq) =>
      ledger.append([itemOf(entryOf({ seq }), decisionOf({ outcome: 'granted', reason: 'new' }))]),
    );
    await Promise.all(calls);
  }
  const log = readFileSync(join(dir, 'ledger.db-wal'));
  const ends = commitEnds(log);
  assert.ok(ends.length >= 4);
  const groups = ends.slice(-4);
  for (const [index, end] of groups.entries()) {
    const start = groups[index - 1] ?? ends.at(-5) ?? 32;
    for (const cut of [start, start + 1, Math.floor((start + end) / 2), end - 1]) {
      assert.equal(
        await entriesAfter(t, dir, (file) => truncateSync(file, cut)),
        index * 10,
        `cut at ${cut}`,
      );
    }
    const spoiled = Buffer.from(log);
    spoiled.writeUInt8(spoiled.readUInt8(end - 100) ^ 0xff, end - 100);
    assert.equal(await entriesAfter(t, dir, (file) => writeFileSync(file, spoiled)), index * 10, 'spoiled');
  }
  assert.equal(await entriesAfter(t, dir, () => {}), 40);
});

test('a full disk fails whole groups with a remedy, keeps no part of them, and later writes succeed', {
  skip: noSmallDisk ?? false,
}, async (t) => {
  const dir = smallDisk(t).directory;
  const ledger = await ledgerIn(t, join(dir, 'data'));
  await ledger.append([itemOf(entryOf({ seq: 1n }))]);
  writeFileSync(join(dir, 'ballast'), Buffer.alloc(600_000));
  let seq = 1n;
  let fault: unknown = null;
  for (let turn = 0; turn < 2_000 && fault === null; turn++) {
    const group = [seq + 1n, seq + 2n].map((next) =>
      ledger.append([itemOf(entryOf({ seq: next }), decisionOf())]),
    );
    const settled = await Promise.allSettled(group);
    const failed = settled.filter((result) => result.status === 'rejected');
    assert.ok(failed.length === 0 || failed.length === 2, 'a group succeeds or fails whole');
    if (failed.length === 0) seq += 2n;
    else fault = failed[0]?.reason;
  }
  assert.ok(fault instanceof LedgerFault);
  assert.match(fault.message, /the disk is full/);
  assert.match(fault.remedy, /Free space/);
  assert.equal(ledger.head(MARK)?.seq, seq.toString());
  const decided = ledger.decisions({ limit: 1 }).decisions[0]?.id;

  writeFileSync(join(dir, 'ballast'), '');
  await ledger.append([itemOf(entryOf({ seq: seq + 3n }), decisionOf())]);
  assert.equal(ledger.decisions({ limit: 1 }).decisions[0]?.id, Number(decided) + 1, 'no id was used up');
  await ledger.close();
  assert.deepEqual(
    [...storedSeqs(join(dir, 'data'))],
    [...Array.from({ length: Number(seq) }, (_, index) => index + 1), Number(seq) + 3],
  );
});

test('a directory that cannot be written is refused with a remedy', {
  skip: noSmallDisk ?? false,
}, async (t) => {
  const disk = smallDisk(t);
  disk.setReadOnly(true);
  await assert.rejects(ledgerIn(t, join(disk.directory, 'data')), {
    name: 'LedgerFault',
    message: /cannot be written/,
    remedy: /writable/,
  });
});

function startChild(t: TestContext, dir: string): ChildProcess {
  const child = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function linesUntil(child: ChildProcess, enough: (lines: string[]) => boolean): Promise<string[]> {
  const lines: string[] = [];
  if (child.stdout === null) return lines;
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (enough(lines)) break;
  }
  return lines;
}

function storedSeqs(dir: string): Set<number> {
  const db = rawLedger(dir);
  const rows = db.prepare('SELECT seq FROM entries ORDER BY seq').all();
  db.close();
  return new Set(rows.map((row) => Number(row.seq)));
}

/**
 * How many entries a copy of the ledger holds after its log was harmed. Copied by another process: a
 * descriptor closed here would end the lock.
 */
async function entriesAfter(t: TestContext, dir: string, harm: (log: string) => void): Promise<number> {
  const copy = temporaryDir(t);
  mkdirSync(dirname(copy), { recursive: true });
  execFileSync('cp', ['-r', dir, copy]);
  harm(join(copy, 'ledger.db-wal'));
  const ledger = await ledgerIn(t, copy);
  const decisions = ledger.decisions({ limit: 1000 }).decisions.length;
  await ledger.close();
  const entries = storedSeqs(copy).size;
  assert.equal(decisions, entries, 'an entry and its decision stand or fall together');
  return entries;
}
