import assert from 'node:assert/strict';
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { exportLedger } from '../../proof/export.ts';
import { openLedgerFile } from '../../proof/ledger-file.ts';
import { LedgerFault } from '../port.ts';
import { decisionOf, entryOf, itemOf, ledgerIn, MARK, temporaryDir } from '../testing/ground.ts';
import { entryDisk } from './disk.ts';
import { BLOCK_BYTES, framesFrom } from './frames.ts';
import { readLate } from './late.ts';
import { readState } from './state.ts';

const ENTRIES = 'ledger.db-entries';
const FILE_BYTES = 65_536;
const OPTIONS = { entryFile: true, fileBytes: FILE_BYTES } as const;
const item = (seq: number) =>
  itemOf(entryOf({ seq: BigInt(seq) }), decisionOf({ outcome: 'granted', reason: 'new', seq: String(seq) }));

/** A copy of the folder of a service that runs: as a crash would leave it. */
function copyOf(t: TestContext, dir: string): string {
  const copy = temporaryDir(t);
  cpSync(dir, copy, { recursive: true });
  return copy;
}

/** A folder whose entries 1 to 3 are in the tables, and 4 to 6 in the entry file alone. */
async function crashed(t: TestContext): Promise<string> {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir, OPTIONS);
  await ledger.bind('ledger');
  for (let seq = 1; seq <= 6; seq++) {
    await ledger.append([item(seq)]);
    if (seq === 3) ledger.decisions({ limit: 1 });
  }
  const copy = copyOf(t, dir);
  await ledger.close();
  return copy;
}

async function refused(t: TestContext, dir: string, why: RegExp): Promise<void> {
  for (const entryFile of [true, false])
    await assert.rejects(ledgerIn(t, dir, { ...OPTIONS, entryFile }), (error) => {
      assert.ok(error instanceof LedgerFault);
      assert.match(error.message, why);
      assert.match(error.remedy, /as evidence.*let another service approve this one/);
      return true;
    });
  assert.throws(() => openLedgerFile(dir).close(), { name: 'LedgerFault', message: why });
}

function versionOf(dir: string): number {
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  db.close();
  return version;
}

test('a stopped service leaves tables alone; a running one a version that earlier releases refuse', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir, OPTIONS);
  await ledger.append([item(1)]);
  assert.equal(versionOf(copyOf(t, dir)), 3);
  await ledger.close();
  assert.deepEqual([versionOf(dir), existsSync(join(dir, ENTRIES))], [2, false]);
});

test('the option goes on and off over restarts and crashes, and no entry is lost', async (t) => {
  let dir = temporaryDir(t);
  for (const [turn, entryFile] of [false, true, false, true, true, false].entries()) {
    const ledger = await ledgerIn(t, dir, { ...OPTIONS, entryFile });
    assert.equal(ledger.head(MARK)?.seq, turn === 0 ? undefined : String(turn));
    await ledger.append([item(turn + 1)]);
    // Every second service is killed.
    const copy = turn % 2 === 1 ? copyOf(t, dir) : dir;
    await ledger.close();
    dir = copy;
  }
  const last = await ledgerIn(t, dir);
  const seqs = last.decisions({ limit: 10 }).decisions.map(({ seq }) => seq);
  assert.deepEqual(seqs, ['6', '5', '4', '3', '2', '1']);
  assert.ok(!existsSync(join(dir, ENTRIES)));
});

test('the last frame harmed at any byte loses that frame alone, and its front never', async (t) => {
  const dir = await crashed(t);
  const path = join(dir, ENTRIES);
  const bytes = readFileSync(path);
  const db = new DatabaseSync(join(dir, 'ledger.db'), { readOnly: true });
  t.after(() => db.close());
  const frames = [...framesFrom(bytes, BLOCK_BYTES, readState(db)?.file ?? '')];
  const [from = 0, end = 0] = frames.slice(-2).map((frame) => frame.end);
  assert.deepEqual([frames.length, end - from > 500], [6, true]);
  const seqs = (harmed: Buffer) => {
    const late = readLate(db, harmed, path);
    assert.ok(late?.needed);
    return late.works.flatMap(({ rows }) => rows.map(({ seq }) => seq));
  };
  assert.deepEqual(seqs(bytes), [4n, 5n, 6n]);
  for (let at = from; at < end; at++) {
    const zeroed = Buffer.from(bytes).fill(0, at, end);
    const garbage = Buffer.from(bytes).fill('garbage', at, end);
    for (const harmed of [bytes.subarray(0, at), zeroed, garbage])
      assert.deepEqual(seqs(harmed), [4n, 5n], `byte ${at}`);
  }
});

test('a service opens after its last frame was torn, and goes on', async (t) => {
  const source = await crashed(t);
  for (const cut of [100, 700, 1_500]) {
    const dir = copyOf(t, source);
    const bytes = readFileSync(join(dir, ENTRIES));
    bytes.fill(0, bytes.findLastIndex((byte) => byte !== 0) - cut);
    writeFileSync(join(dir, ENTRIES), bytes);
    const ledger = await ledgerIn(t, dir, OPTIONS);
    const head = Number(ledger.head(MARK)?.seq);
    assert.ok(head >= 3 && head < 6);
    await ledger.append([item(head + 1)]);
    await ledger.close();
    assert.equal((await ledgerIn(t, dir)).head(MARK)?.seq, String(head + 1));
  }
});

test('a bit that flips in the middle is damage, and the files stay as they are', async (t) => {
  const dir = await crashed(t);
  const bytes = readFileSync(join(dir, ENTRIES));
  const at = BLOCK_BYTES + 3_000;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(join(dir, ENTRIES), bytes);
  await refused(t, dir, /damaged: frame \d of the entry file is damaged, and frame \d follows it/);
  assert.deepEqual(readFileSync(join(dir, ENTRIES)), bytes);
  assert.equal(versionOf(dir), 3);
});

test('a copy without the file, with that of another service, or with one that is cut short is refused', async (t) => {
  const source = await crashed(t);
  const missing = copyOf(t, source);
  rmSync(join(missing, ENTRIES));
  await refused(t, missing, /its newest entries are missing, with the file .*ledger\.db-entries/);

  const foreign = copyOf(t, source);
  copyFileSync(join(await crashed(t), ENTRIES), join(foreign, ENTRIES));
  changeState(foreign, (state) => ({ ...state, file: fileIdOf(foreign) }));
  changeIdentity(foreign, 'service', 'f'.repeat(32));
  await refused(t, foreign, /is not the file of its newest entries/);

  const short = copyOf(t, source);
  truncateSync(join(short, ENTRIES), BLOCK_BYTES + 1_000);
  await refused(t, short, /holds the frames 1 to 1, and the tables hold frame 3/);
});

test('tables and file of two moments are refused', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir, OPTIONS);
  await ledger.append([item(1)]);
  const early = copyOf(t, dir);
  for (let seq = 2; seq <= 100; seq++) await ledger.append([item(seq)]);
  const late = copyOf(t, dir);
  await ledger.close();
  const mixed = copyOf(t, late);
  copyFileSync(join(early, ENTRIES), join(mixed, ENTRIES));
  await refused(t, mixed, /not of one moment/);
  const reverse = copyOf(t, early);
  copyFileSync(join(late, ENTRIES), join(reverse, ENTRIES));
  await refused(t, reverse, /is damaged, and frame \d+ follows it/);
});

test('the file of an earlier start of the same service is refused', async (t) => {
  const dir = temporaryDir(t);
  const copies: string[] = [];
  for (const seq of [1, 2]) {
    const ledger = await ledgerIn(t, dir, OPTIONS);
    await ledger.append([item(seq)]);
    copies.push(copyOf(t, dir));
    await ledger.close();
  }
  const [first = '', second = ''] = copies;
  copyFileSync(join(first, ENTRIES), join(second, ENTRIES));
  await refused(t, second, /is not the file of its newest entries/);
  copyFileSync(join(first, ENTRIES), join(dir, ENTRIES));
  await refused(t, dir, /holds entries that it does not know/);
});

test('a file beside tables that need none: its known frames may go, others are refused', async (t) => {
  const source = await crashed(t);
  const ended = copyOf(t, source);
  await (await ledgerIn(t, ended)).close();
  assert.equal(versionOf(ended), 2);
  // A crash between the end of the file and its removal.
  copyFileSync(join(source, ENTRIES), join(ended, ENTRIES));
  const again = await ledgerIn(t, ended);
  assert.deepEqual([again.head(MARK)?.seq, existsSync(join(ended, ENTRIES))], ['6', false]);
  await again.close();

  // Tables that were put back to a clean backup, beside the file of a crash.
  const older = temporaryDir(t);
  const before = await ledgerIn(t, older);
  await before.append([item(1)]);
  await before.close();
  copyFileSync(join(source, ENTRIES), join(older, ENTRIES));
  await refused(t, older, /ledger\.db-entries holds entries that it does not know/);
  assert.ok(existsSync(join(older, ENTRIES)));

  // A crash while the file was made, before its first use.
  const half = temporaryDir(t);
  await (await ledgerIn(t, half)).close();
  writeFileSync(join(half, ENTRIES), readFileSync(join(source, ENTRIES)).subarray(0, BLOCK_BYTES + 10));
  assert.ok((await ledgerIn(t, half)).serviceId);
  assert.ok(!existsSync(join(half, ENTRIES)));
});

test('an export of a crashed service has the entries of its file, and is that of the service after its start', async (t) => {
  const dir = await crashed(t);
  const before = [readFileSync(join(dir, ENTRIES)), readFileSync(join(dir, 'ledger.db'))];
  const source = openLedgerFile(dir);
  const [mark] = source.marks();
  assert.deepEqual([mark?.head.seq, mark?.entries, source.entryCount], ['6', 6, 6]);
  const text = await textOf(source);
  source.close();
  assert.deepEqual([readFileSync(join(dir, ENTRIES)), readFileSync(join(dir, 'ledger.db'))], before);
  const ledger = await ledgerIn(t, dir);
  assert.equal(await textOf(ledger.source()), text);
  assert.equal(text.split('\n').filter((line) => line.includes('"kind":"decision"')).length, 6);
  await ledger.close();
  const running = await ledgerIn(t, dir, OPTIONS);
  await running.append([item(7)]);
  const now = running.source();
  assert.deepEqual([[...now.entries()].length, [...now.decisions()].length], [7, 7]);
});

test('the file begins at its front again and again, and keeps its size', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir, OPTIONS);
  for (let seq = 1; seq <= 200; seq++) await ledger.append([item(seq)]);
  assert.equal(entryDisk.read(join(dir, ENTRIES))?.length, FILE_BYTES);
  const copy = copyOf(t, dir);
  await ledger.close();
  assert.equal((await ledgerIn(t, copy)).head(MARK)?.seq, '200');
});

test('a group longer than a quarter of the file goes to the tables at once', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir, { entryFile: true, fileBytes: 20_480 });
  const framesOf = (folder: string) => [
    ...framesFrom(readFileSync(join(folder, ENTRIES)), 0, fileIdOf(folder)),
  ];
  for (const [count, frames] of [
    [10, 0],
    [50, 0],
    [3, 1],
  ] as const) {
    const from = Number(ledger.head(MARK)?.seq ?? 0) + 1;
    await ledger.append(Array.from({ length: count }, (_, index) => item(from + index)));
    assert.equal(framesOf(dir).length, frames);
  }
  assert.equal(readFileSync(join(dir, ENTRIES)).length, 20_480);
  const copy = copyOf(t, dir);
  await ledger.close();
  assert.equal((await ledgerIn(t, copy)).head(MARK)?.seq, '63');
});

async function textOf(source: Parameters<typeof exportLedger>[0]): Promise<string> {
  let text = '';
  for await (const part of exportLedger(source, { atMs: 1 })) text += part;
  return text;
}

function fileIdOf(dir: string): string {
  return readFileSync(join(dir, ENTRIES)).toString('latin1').split('\n')[2] ?? '';
}

function changeState(dir: string, change: (state: object) => object): void {
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  const state = readState(db);
  db.close();
  changeIdentity(dir, 'entries', JSON.stringify(change(state ?? {})));
}

function changeIdentity(dir: string, name: string, value: string): void {
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  db.prepare('UPDATE identity SET value = ? WHERE name = ?').run(value, name);
  db.close();
}
