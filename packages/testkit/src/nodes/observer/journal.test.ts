import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJournal } from './journal.ts';
import type { HeaderSeen, VoteSeen } from './records.ts';

const HEADER: HeaderSeen = { atMs: 1, late: false, hash: '0x01', number: 1, slot: 10, authority: '0xa' };
const VOTE: VoteSeen = {
  atMs: 1,
  set: 0,
  round: 1,
  kind: 'prevote',
  hash: '0x01',
  number: 1,
  authority: '0xa',
};

test('what is seen twice is kept once, with its first time', () => {
  const { journal, header, vote, offence } = createJournal();
  for (const atMs of [1, 2]) {
    header({ ...HEADER, atMs });
    vote({ ...VOTE, atMs });
    offence({ atMs, kind: 'k', timeSlot: '0x01', offender: '0xa' });
  }
  assert.deepEqual([...journal.headers.values()], [HEADER]);
  assert.deepEqual([...journal.votes.values()], [VOTE]);
  assert.deepEqual(
    [...journal.offences.values()].map(({ atMs }) => atMs),
    [1],
  );
});

test('votes differ by authority, set, round, kind and target', () => {
  const { journal, vote } = createJournal();
  const changes = [
    {},
    { authority: '0xb' },
    { set: 1 },
    { round: 2 },
    { kind: 'precommit' },
    { hash: '0x02' },
  ] as const;
  for (const change of changes) vote({ ...VOTE, ...change });
  assert.equal(journal.votes.size, changes.length);
});

test('of heights only the rises of each node are kept', () => {
  const { journal, height } = createJournal();
  for (const [atMs, number] of [
    [1, 5],
    [2, 4],
    [3, 5],
    [4, 6],
  ] as const)
    height({ node: 'ann', atMs, number });
  height({ atMs: 5, node: 'ben', number: 1 });
  assert.deepEqual(
    journal.heights.map(({ atMs }) => atMs),
    [1, 4, 5],
  );
});

test('the claims of a stretch of slots come together from several nodes', () => {
  const { journal, due } = createJournal();
  const first = [{ slot: 1, claim: 'primary' }] as const;
  due({ startSlot: 0, slotCount: 20, claims: { '0xa': first } });
  due({ startSlot: 0, slotCount: 20, claims: { '0xa': [], '0xb': [] } });
  assert.deepEqual(journal.due.get(0)?.claims, { '0xa': first, '0xb': [] });
});

test('a full journal takes nothing more and says so once', () => {
  const { journal, header, vote } = createJournal(2);
  header(HEADER);
  vote(VOTE);
  for (const hash of ['0x02', '0x03']) header({ ...HEADER, hash });
  assert.equal(journal.headers.size, 1);
  assert.deepEqual(journal.faults.map(({ text }) => text).filter((text) => text.includes('full')).length, 1);
});

test('the same fault is kept once, and faults have a bound', () => {
  const { journal, fault } = createJournal();
  for (let index = 0; index < 1_000; index++) fault(index, `fault ${index % 500}`);
  assert.equal(journal.faults.length, 200);
  assert.equal(new Set(journal.faults.map(({ text }) => text)).size, 200);
});
