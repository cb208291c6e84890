import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstSignature } from './first-signature.ts';
import { createJournal, type JournalWriter } from './journal.ts';

const MOMENT_MS = 50_000;

function written(write: (writer: JournalWriter) => void) {
  const writer = createJournal();
  writer.owner({ type: 'babe', key: '0xa', account: '0xann' });
  writer.owner({ type: 'gran', key: '0xa', account: '0xann' });
  write(writer);
  return firstSignature(writer.journal, 'Ann', MOMENT_MS, { '0xann': 'Ann' });
}

function block({ header }: JournalWriter, slot: number, atMs: number, more: object = {}): void {
  header({ atMs, late: false, hash: `${slot}/${atMs}`, number: slot, slot, authority: '0xa', ...more });
}

const VOTE = { set: 1, round: 5, hash: '0x01', number: 1, authority: '0xa' } as const;

function vote(writer: JournalWriter, set: number, round: number, atMs: number, authority = '0xa'): void {
  writer.vote({ atMs, set, round, kind: 'prevote', hash: '0x01', number: 1, authority });
}

test('the first block and vote after the moment, in time order', () => {
  const found = written((writer) => {
    block(writer, 49, 49_100);
    block(writer, 53, 53_100);
    block(writer, 52, 52_100);
    vote(writer, 1, 4, 49_000);
    vote(writer, 1, 5, 51_000);
  });
  assert.equal(found.block?.slot, 52);
  assert.equal(found.block?.afterMs, 2_100);
  assert.equal(found.vote?.round, 5);
  assert.equal(found.vote?.afterMs, 1_000);
});

test('what was on its way at the moment is not the first after it', () => {
  const found = written((writer) => {
    block(writer, 50, MOMENT_MS + 150);
    vote(writer, 1, 5, MOMENT_MS + 150);
  });
  assert.deepEqual(found, { block: null, vote: null });
});

test('a round in which the old machine was heard just after the moment is still its own', () => {
  const found = written((writer) => {
    vote(writer, 1, 5, MOMENT_MS + 150);
    block(writer, 50, MOMENT_MS + 150);
    writer.vote({ ...VOTE, atMs: MOMENT_MS + 400, kind: 'precommit' });
    block(writer, 50, MOMENT_MS + 400);
  });
  assert.deepEqual(found, { block: null, vote: null });
});

test('an old slot or round that arrives again is not new; a new set is, though its rounds begin again', () => {
  const found = written((writer) => {
    block(writer, 49, 49_100);
    block(writer, 48, 51_000);
    block(writer, 40, 52_000, { late: true });
    vote(writer, 1, 9, 49_000);
    vote(writer, 1, 8, 51_000);
    vote(writer, 2, 1, 52_000);
  });
  assert.equal(found.block, null);
  assert.deepEqual([found.vote?.set, found.vote?.round], [2, 1]);
});

test('others do not sign for it, and an unknown identity is refused', () => {
  assert.equal(written((writer) => vote(writer, 1, 1, 51_000, '0xb')).vote, null);
  assert.throws(() => firstSignature(createJournal().journal, 'Ann', 0, {}), /no identity Ann/);
});
