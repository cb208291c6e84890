import assert from 'node:assert/strict';
import { cpSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { entryHash } from '../rule/index.ts';
import { ledgerSource } from '../service/ledger/source.ts';
import { decisionOf, ledgerIn, temporaryDir } from '../service/ledger/testing/ground.ts';
import { exportLedger } from './export.ts';
import { openLedgerFile } from './ledger-file.ts';
import {
  adopted,
  granted,
  type History,
  historyOf,
  kindsOf,
  LEDGER,
  markOf,
  storeOf,
  verifyTexts,
} from './testing/ground.ts';

/** A ledger as a service leaves it: adopted, some grants, one refusal. */
function story(): History {
  let line = adopted(historyOf('grandpa'), '3/10');
  for (let round = 11; round < 100; round++) {
    line = granted(line, { unit: `3/${round}`, part: 'enter' });
    line = granted(line, { unit: `3/${round}`, part: 'prevote' });
  }
  return line;
}

async function write(dir: string, line: History, t: Parameters<typeof ledgerIn>[0]) {
  const ledger = await ledgerIn(t, dir);
  if (ledger.ledgerId() === null) await ledger.bind(LEDGER);
  const items = line.entries.map((entry) => {
    const { chain, key, duty, parts, digest, owner } = entry;
    const common = {
      chain,
      key,
      duty,
      parts,
      node: owner?.node ?? '',
      incarnation: owner?.incarnation ?? '',
    };
    const unit = (entry.unit ?? []).join('/');
    const shown = digest === null ? null : `0x${digest}`;
    const record = { ...common, unit, digest: shown, outcome: 'granted' as const, reason: 'new' as const };
    const decision = entry.kind === 'adopt' ? null : decisionOf({ ...record, seq: `${entry.seq}` });
    return { entry, hash: entryHash(entry), decision };
  });
  await ledger.append(items);
  ledger.note(decisionOf());
  return ledger;
}

async function textOf(dir: string, line: History | null): Promise<string> {
  const source = openLedgerFile(dir);
  try {
    let text = '';
    const store = storeOf(line === null ? null : [markOf(line)]);
    for await (const part of exportLedger(source, { atMs: 1, store })) text += part;
    return text;
  } finally {
    source.close();
  }
}

test('the ledger of a stopped service is exported and proven, and its file stays as it was', async (t) => {
  const dir = temporaryDir(t);
  const line = story();
  const ledger = await write(dir, line, t);
  await ledger.close();
  const stamp = () => statSync(join(dir, 'ledger.db')).mtimeMs;
  const before = stamp();
  const report = await verifyTexts(await textOf(dir, line));
  assert.equal(stamp(), before);
  assert.deepEqual(kindsOf(report), []);
  assert.equal(report.verdict, 'proven');
  assert.equal(report.entries, line.entries.length);
  assert.equal(report.decisions, line.entries.length - 1);
  assert.deepEqual(
    report.marks.map(({ top, isComplete }) => [top, isComplete]),
    [['3/99', true]],
  );
  // The service starts again over whatever reading left in its folder.
  const again = await write(dir, line, t);
  assert.equal(
    again.point(`${line.entries[0]?.chain}/${line.key}/grandpa`)?.seq,
    BigInt(line.entries.length),
  );
});

test('show replays floor and window of each mark', async (t) => {
  const dir = temporaryDir(t);
  const line = story();
  const ledger = await write(dir, line, t);
  await ledger.close();
  const source = openLedgerFile(dir);
  t.after(() => source.close());
  const [mark] = source.marks();
  assert.equal(mark?.floor, line.floor);
  assert.deepEqual(
    mark?.recent,
    line.recent.map(({ unit }) => unit),
  );
  assert.equal(mark?.head.seq, `${line.entries.length}`);
  assert.equal(mark?.isComplete, true);
});

test('show knows the whole floor after a recovery: its adoption begins an epoch', async (t) => {
  const shown = async (line: History) => {
    const dir = temporaryDir(t);
    await (await write(dir, line, t)).close();
    const source = openLedgerFile(dir);
    t.after(() => source.close());
    return source.marks().map(({ floor, isComplete }) => [floor, isComplete]);
  };
  const line = adopted(story(), '3/120', { epoch: 'epoch-2' });
  assert.deepEqual(await shown(line), [['3/120', true]]);
  const voted = granted(granted(line, { unit: '3/121', part: 'enter' }), { unit: '3/121', part: 'prevote' });
  assert.deepEqual(await shown(voted), [['3/120', true]]);
  // Without the adoption the floor may be higher.
  const headless = { ...voted, entries: voted.entries.filter(({ kind }) => kind === 'grant').slice(-2) };
  assert.deepEqual(await shown(headless), [[null, false]]);
});

test('words are exported with their releases', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await write(dir, story(), t);
  await ledger.keepWord({ id: 'a'.repeat(32), text: '{"word":1}' });
  await ledger.keepWord({ id: 'b'.repeat(32), text: '{"word":2}' });
  const release = { how: 'operator', by: 'ada', reason: 'checked', atMs: 5 } as const;
  await ledger.releaseWord('b'.repeat(32), release);
  await ledger.close();
  const { words } = await verifyTexts(await textOf(dir, null));
  assert.deepEqual(
    words.map(({ text, release: by }) => [text, by?.by ?? null]),
    [
      ['{"word":1}', null],
      ['{"word":2}', 'ada'],
    ],
  );
});

test('a running service keeps its ledger to itself; a copy of its folder can be exported', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await write(dir, story(), t);
  assert.throws(() => openLedgerFile(dir), {
    name: 'LedgerFault',
    message: /a running service holds the ledger/,
  });
  const copy = `${dir}-copy`;
  cpSync(dir, copy, { recursive: true });
  await ledger.close();
  const report = await verifyTexts(await textOf(copy, null));
  assert.deepEqual(kindsOf(report), ['no-marks']);
});

test('a folder without a ledger, a file of another program, another version: refused, and no file is made', async (t) => {
  const dir = temporaryDir(t);
  assert.throws(() => openLedgerFile(dir), { name: 'LedgerFault', message: /there is no ledger/ });
  assert.equal(existsSync(dir), false);
  await (await write(dir, story(), t)).close();
  const change = (sql: string) => {
    const db = new DatabaseSync(join(dir, 'ledger.db'));
    db.exec(sql);
    db.close();
  };
  for (const version of [1, 3, 9]) {
    change(`PRAGMA user_version = ${version}`);
    const message = new RegExp(`has version ${version}, this release reads version 4`);
    assert.throws(() => openLedgerFile(dir), { name: 'LedgerFault', message });
  }
  change('PRAGMA user_version = 4; PRAGMA application_id = 7');
  assert.throws(() => openLedgerFile(dir), { name: 'LedgerFault', message: /another program/ });
});

test('a page that is read while the service writes on shows one moment', async (t) => {
  const dir = temporaryDir(t);
  const line = story();
  await (await write(dir, line, t)).close();
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  t.after(() => db.close());
  const lines = exportLedger(ledgerSource(db), { atMs: 1, store: storeOf([markOf(line)]) });
  let text = String((await lines.next()).value);
  // The first line is out; now the ledger grows.
  db.exec(
    "INSERT INTO entries (mark, epoch, seq, hash, prev, body) SELECT mark, epoch, seq + 1, 'x', 'x', 'x' FROM entries ORDER BY n DESC LIMIT 1",
  );
  for await (const part of lines) text += part;
  assert.equal((await verifyTexts(text)).verdict, 'proven');
});
