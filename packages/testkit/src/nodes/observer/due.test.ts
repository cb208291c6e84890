import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countDue, type DueReport } from './due.ts';
import { createJournal, type JournalWriter } from './journal.ts';
import type { DueClaim } from './records.ts';

const KEY = '0xa';
const SLOT_MS = 1_000;
/** Slots 100 to 119 are over, and their headers have had time to arrive. */
const STRETCH = { fromMs: 100_000, untilMs: 122_000 };

function counted(write: (writer: JournalWriter) => void): DueReport {
  const writer = createJournal();
  write(writer);
  const own = [...writer.journal.headers.values()].filter(({ authority }) => authority === KEY);
  return countDue(writer.journal, own, new Set([KEY]), STRETCH, SLOT_MS);
}

function claimed(...claims: readonly (readonly [number, DueClaim])[]) {
  return {
    startSlot: 100,
    slotCount: 20,
    claims: { [KEY]: claims.map(([slot, claim]) => ({ slot, claim })) },
  };
}

function authored({ header }: JournalWriter, slot: number, authority = KEY): void {
  header({ atMs: slot * SLOT_MS, late: false, hash: `${slot}/${authority}`, number: slot, slot, authority });
}

test('a due slot with a header is not missed, primary or secondary', () => {
  const due = counted((writer) => {
    writer.due(claimed([101, 'primary'], [102, 'secondary'], [103, 'secondary']));
    for (const slot of [101, 102, 103]) authored(writer, slot);
  });
  const byClaim = { primary: 1, secondary: 2, turn: 0 };
  assert.deepEqual(due, { slots: 3, byClaim, missed: [], unknownSlots: 0 });
});

test('a due slot without one is missed, with the headers of others in it', () => {
  const due = counted((writer) => {
    writer.due(claimed([105, 'secondary'], [103, 'primary']));
    authored(writer, 105, '0xb');
    authored(writer, 104);
  });
  assert.deepEqual(due.missed, [
    { slot: 103, claim: 'primary', othersAuthored: 0 },
    { slot: 105, claim: 'secondary', othersAuthored: 1 },
  ]);
});

test('slots outside the stretch, or too fresh for their headers, are not due yet', () => {
  const due = counted((writer) => {
    writer.due({ ...claimed(), startSlot: 90, claims: { [KEY]: [{ slot: 99, claim: 'primary' }] } });
    writer.due({
      ...claimed(),
      startSlot: 110,
      claims: {
        [KEY]: [
          { slot: 119, claim: 'primary' },
          { slot: 120, claim: 'primary' },
        ],
      },
    });
  });
  assert.equal(due.slots, 1);
  assert.deepEqual(
    due.missed.map(({ slot }) => slot),
    [119],
  );
});

test('slots that no node was asked about are unknown, not free', () => {
  assert.equal(counted(() => {}).unknownSlots, 20);
  assert.equal(counted(({ due }) => due({ ...claimed(), startSlot: 110 })).unknownSlots, 10);
  const others = counted(({ due }) => due({ startSlot: 100, slotCount: 20, claims: { '0xb': [] } }));
  assert.equal(others.unknownSlots, 20);
});
