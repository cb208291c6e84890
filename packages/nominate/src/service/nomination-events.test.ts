import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleIntent } from '../testing/records.ts';
import { type Note, type NoteReason, plannedState, type TransactionEvent } from '../transactions/index.ts';
import { nominationLines } from './nomination-events.ts';

const intent = sampleIntent(1);
const planned = plannedState(intent);
const SHORT = intent.id.slice(0, 12);

function stored(reasons: readonly NoteReason[], state = planned): TransactionEvent {
  const note = { from: 'planned', to: 'submitted', height: 5n, extrinsic: null, block: null } as const;
  const notes: readonly Note[] = reasons.map((reason) => ({
    ...note,
    reason,
    detail: `detail of ${reason}`,
  }));
  return { kind: 'performed', intent: intent.id, effect: { kind: 'store', state, notes, closed: [] } };
}

const lines = (event: TransactionEvent) => nominationLines(event, () => 'west');

test('each important step is one line, and steps for the journal only give no line', () => {
  assert.deepEqual(
    lines(stored(['payload-built', 'signed', 'submission-answer', 'landed', 'held'])).map(
      ({ text, isWarning }) => [text, isWarning],
    ),
    [
      [`nomination ${SHORT} of west signed and handed over: detail of signed`, false],
      [`nomination ${SHORT} of west in block: detail of landed`, false],
      [`nomination ${SHORT} of west its tries are over; it waits for a person: detail of held`, true],
    ],
  );
});

test('only a nomination that was read back is called verified; any other end has its reason', () => {
  const ended = (result: 'finalised' | 'failed', reason: 'verified' | 'too-late') =>
    lines(
      stored(['ended'], { ...planned, stage: 'ended', ending: { result, reason, detail: 'as it was' } }),
    ).map(({ text, isWarning, facts }) => [text, isWarning, facts.state]);
  assert.deepEqual(ended('finalised', 'verified'), [
    [`nomination ${SHORT} of west verified: as it was`, false, 'finalised'],
  ]);
  assert.deepEqual(ended('failed', 'too-late'), [
    [`nomination ${SHORT} of west failed: detail of ended`, true, 'failed'],
  ]);
});

test('questions, answers and steps without a change give no line', () => {
  assert.deepEqual(lines({ kind: 'no-facts', intent: intent.id, why: 'silence' }), []);
  assert.deepEqual(lines({ kind: 'gave-way', intent: intent.id, code: 'changed' }), []);
});
