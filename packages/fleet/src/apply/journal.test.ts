import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Journal, openJournal } from './journal.ts';
import type { Header } from './journal-text.ts';

const HEADER: Header = {
  format: 'watchbill/journal/1',
  plan: 'plan-1',
  network: 'net',
  identities: { ams: 'uid-1', fra: 'uid-2' },
};

function withFile(work: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-journal-'));
  try {
    work(join(folder, 'journal'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function opened(file: string, header: Header = HEADER): Journal {
  const result = openJournal(file, header);
  assert.ok(result.ok, result.ok ? '' : result.detail);
  return result.journal;
}

function refused(file: string, header: Header): string {
  const result = openJournal(file, header);
  assert.ok(!result.ok);
  return result.reason;
}

const begun = { state: 'begun', step: 'create a' } as const;
const applied = { state: 'applied', step: 'create a' } as const;

test('what was written is read by the next run, in order', () =>
  withFile((file) => {
    const first = opened(file);
    first.write(begun);
    first.write(applied);
    first.close();
    const second = opened(file);
    assert.deepEqual(second.earlier, [begun, applied]);
    second.close();
  }));

test('a last line that was cut short is taken away, and the next one stands alone', () =>
  withFile((file) => {
    const first = opened(file);
    first.write(begun);
    first.close();
    appendFileSync(file, '{"state":"appl');
    const second = opened(file);
    assert.deepEqual(second.earlier, [begun]);
    second.write(applied);
    second.close();
    const third = opened(file);
    assert.deepEqual(third.earlier, [begun, applied]);
    third.close();
  }));

test('even a first line that was cut short begins anew', () =>
  withFile((file) => {
    writeFileSync(file, '{"format":"watch');
    const journal = opened(file);
    assert.deepEqual(journal.earlier, []);
    journal.close();
    opened(file).close();
  }));

test('a whole line that is damaged is never passed over', () =>
  withFile((file) => {
    const journal = opened(file);
    journal.write(begun);
    journal.write(applied);
    journal.close();
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, [lines[0], '{"state":"done","step":"create a"}', ...lines.slice(2)].join('\n'));
    assert.equal(refused(file, HEADER), 'damaged');
    assert.ok(!existsSync(`${file}.lock`));
  }));

test('a journal of another network, plan or cluster is refused and left as it is', () =>
  withFile((file) => {
    opened(file).close();
    const text = readFileSync(file, 'utf8');
    assert.equal(refused(file, { ...HEADER, network: 'other' }), 'other-network');
    assert.equal(refused(file, { ...HEADER, plan: 'plan-2' }), 'other-plan');
    assert.equal(
      refused(file, { ...HEADER, identities: { ...HEADER.identities, ams: 'uid-3' } }),
      'other-place',
    );
    assert.equal(refused(file, { ...HEADER, identities: { ams: 'uid-1' } }), 'other-place');
    assert.equal(readFileSync(file, 'utf8'), text);
  }));

test('one process at a time; the lock of one that has ended is taken over', () =>
  withFile((file) => {
    const holder = opened(file);
    assert.equal(refused(file, HEADER), 'busy');
    holder.close();
    writeFileSync(`${file}.lock`, '2147483646');
    opened(file).close();
    assert.ok(!existsSync(`${file}.lock`));
  }));
