import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createJournal, type JournalWriter } from './journal.ts';
import type { HeaderSeen, VoteSeen } from './records.ts';
import { equivocationsIn, longestGap, type ObserverReport, reportOf } from './report.ts';

const STRETCH = { fromMs: 0, untilMs: 100_000 };
const SLOT_MS = 1_000;
const HEADER: HeaderSeen = { atMs: 10_050, late: false, hash: '0x01', number: 1, slot: 10, authority: '0xa' };
const VOTE: VoteSeen = {
  atMs: 500,
  set: 0,
  round: 1,
  kind: 'prevote',
  hash: '0x01',
  number: 1,
  authority: '0xaa',
};

function counted(write: (writer: JournalWriter) => void, stretch = STRETCH): ObserverReport {
  const writer = createJournal();
  writer.owner({ type: 'babe', key: '0xa', account: '0xann' });
  writer.owner({ type: 'gran', key: '0xaa', account: '0xann' });
  write(writer);
  return reportOf(writer.journal, stretch, SLOT_MS, { '0xann': 'Ann' });
}

function ann(report: ObserverReport): ObserverReport['identities'][number] {
  const found = report.identities.find(({ name }) => name === 'Ann');
  assert.ok(found);
  return found;
}

test('one header in each slot and one target for each vote is not an equivocation', () => {
  const report = counted(({ header, vote }) => {
    header(HEADER);
    header({ ...HEADER, hash: '0x02', slot: 11 });
    vote(VOTE);
    vote({ ...VOTE, atMs: 600 });
    vote({ ...VOTE, kind: 'precommit', hash: '0x02', number: 2 });
    vote({ ...VOTE, round: 2, hash: '0x02' });
    vote({ ...VOTE, set: 1, hash: '0x02' });
  });
  assert.deepEqual(report.equivocations, { blocks: 0, votes: 0, offences: 0 });
  assert.deepEqual(equivocationsIn(report), []);
  assert.equal(ann(report).blocks, 2);
  assert.equal(ann(report).votes, 4);
});

test('two headers of one author in one slot are a double slot, whatever their numbers', () => {
  const report = counted(({ header }) => {
    header(HEADER);
    header({ ...HEADER, hash: '0x02', number: 2, atMs: 10_300 });
    header({ ...HEADER, hash: '0x03', authority: '0xb' });
  });
  assert.equal(report.equivocations.blocks, 1);
  assert.deepEqual(ann(report).doubleSlots, [{ slot: 10, authority: '0xa', headers: ['0x01', '0x02'] }]);
  assert.match(equivocationsIn(report).join(), /^Ann: 2 headers in slot 10: 0x01, 0x02$/);
});

test('two targets in one set, round and kind are a double vote', () => {
  const report = counted(({ vote }) => {
    vote(VOTE);
    vote({ ...VOTE, hash: '0x02', number: 2 });
  });
  assert.equal(report.equivocations.votes, 1);
  assert.deepEqual(ann(report).doubleVotes[0]?.targets, [
    { hash: '0x01', number: 1 },
    { hash: '0x02', number: 2 },
  ]);
  assert.match(equivocationsIn(report).join(), /^Ann: 2 targets of a prevote in round 1 of set 0/);
});

test('of the offences on the chain, only equivocations count as such', () => {
  const report = counted(({ offence }) => {
    const seen = { atMs: 1, timeSlot: '0x01', offender: '0xann' };
    for (const kind of ['babe:equivocatio', 'grandpa:equivoca', 'im-online:offlin'])
      offence({ ...seen, kind });
  });
  assert.equal(report.equivocations.offences, 2);
  assert.equal(ann(report).offences.length, 3);
  assert.equal(equivocationsIn(report).length, 2);
});

test('a double signature counts in the stretch in which its second half was seen', () => {
  const write = ({ header, vote }: JournalWriter): void => {
    header({ ...HEADER, atMs: 1_000 });
    header({ ...HEADER, atMs: 5_000, hash: '0x02' });
    vote({ ...VOTE, atMs: 1_000 });
    vote({ ...VOTE, atMs: 5_000, hash: '0x02' });
  };
  const none = { blocks: 0, votes: 0, offences: 0 };
  assert.deepEqual(counted(write, { fromMs: 0, untilMs: 4_000 }).equivocations, none);
  assert.deepEqual(counted(write, { fromMs: 4_000, untilMs: 6_000 }).equivocations, {
    ...none,
    blocks: 1,
    votes: 1,
  });
  assert.deepEqual(counted(write, { fromMs: 6_000, untilMs: 9_000 }).equivocations, none);
});

test('a key without an owner is counted as a separate identity', () => {
  const report = counted(({ header }) => {
    header({ ...HEADER, authority: '0xb' });
    header({ ...HEADER, authority: '0xb', hash: '0x02' });
  });
  assert.equal(report.identities.find(({ account }) => account === '0xb')?.doubleSlots.length, 1);
  assert.equal(report.equivocations.blocks, 1);
});

test('a key with several types belongs to its account once', () => {
  const report = counted(({ owner, header }) => {
    owner({ type: 'imon', key: '0xa', account: '0xann' });
    header(HEADER);
  });
  assert.equal(report.identities.length, 1);
  assert.equal(ann(report).blocks, 1);
});

test('a finality that stands shows as the longest gap over all nodes', () => {
  const report = counted(({ height }) => {
    for (const atMs of [10_000, 20_000, 60_000]) height({ node: 'a', atMs, number: atMs });
    for (const atMs of [10_000, 40_000, 95_000]) height({ node: 'b', atMs, number: atMs });
  });
  assert.equal(report.longestFinalityGapMs, 35_000);
});

test('the longest gap has the ends of the stretch in it', () => {
  assert.equal(longestGap([], { fromMs: 5, untilMs: 25 }), 20);
  assert.equal(longestGap([24, 6, 1, 99], { fromMs: 5, untilMs: 25 }), 18);
});

test('votes are found double whenever some unit has two targets, in whatever order they came', () => {
  const unit = fc.record({
    authority: fc.constantFrom('0xaa', '0xbb'),
    set: fc.nat(1),
    round: fc.nat(2),
    kind: fc.constantFrom('prevote', 'precommit', 'propose'),
    hash: fc.constantFrom('0x01', '0x02'),
  });
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
      const report = counted(({ vote }) => {
        for (const each of units) vote({ ...VOTE, ...each });
      });
      const doubled = new Set(
        units
          .filter((a) =>
            units.some(
              (b) => b.hash !== a.hash && JSON.stringify({ ...b, hash: a.hash }) === JSON.stringify(a),
            ),
          )
          .map(({ hash: _, ...rest }) => JSON.stringify(rest)),
      );
      assert.equal(report.equivocations.votes, doubled.size);
    }),
  );
});
