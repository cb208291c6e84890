import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openRecord, recordReader, type Signature } from './record.ts';

function signature(unit: string, atMs = 1): Signature {
  const about = { duty: 'babe', unit, part: 'seal', digest: '0xaa' };
  return { atMs, node: 'bravo', incarnation: 'one', key: 'k', ...about };
}

function withFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-record-'));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('appended lines are read again, over several starts and nodes, in order of time', () => {
  withFolder((folder) => {
    for (const [file, unit, atMs] of [
      ['a.jsonl', '1', 3],
      ['a.jsonl', '2', 5],
      ['b.jsonl', '3', 4],
    ] as const) {
      const record = openRecord(join(folder, file));
      record.append(signature(unit, atMs));
      record.close();
    }
    writeFileSync(join(folder, 'notes.txt'), 'not a record');
    const { signatures, unreadable } = recordReader(folder)(true);
    assert.deepEqual([signatures.map((one) => one.unit), unreadable], [['1', '3', '2'], []]);
  });
});

test('a line that is not a signature is named, never passed over; so is a last one without its end', () => {
  withFolder((folder) => {
    const good = JSON.stringify(signature('1'));
    const text = [good, 'nonsense', 'null', '{"atMs":1}', good.replace('"babe"', '7'), '{"atMs":'].join('\n');
    writeFileSync(join(folder, 'bravo.jsonl'), text);
    const { signatures, unreadable } = recordReader(folder)(true);
    assert.equal(signatures.length, 1);
    assert.deepEqual(
      unreadable.map((line) => line.split(':')[1]),
      [' its last line has no end', '2', '3', '4', '5'],
    );
  });
});

test('while its writer runs, each line is read once, and a half-written one only when it is whole', () => {
  withFolder((folder) => {
    const reader = recordReader(folder);
    const tail = () => reader(false);
    assert.deepEqual(tail().signatures, []);
    const file = join(folder, 'bravo.jsonl');
    const [one, two] = [JSON.stringify(signature('1')), JSON.stringify(signature('2'))];
    writeFileSync(file, `${one}\n${two.slice(0, 20)}`);
    assert.deepEqual(
      tail().signatures.map((each) => each.unit),
      ['1'],
    );
    assert.deepEqual(tail().signatures, []);
    appendFileSync(file, `${two.slice(20)}\n`);
    assert.deepEqual(
      tail().signatures.map((each) => each.unit),
      ['2'],
    );
  });
});
