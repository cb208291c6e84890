import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSavedPlan, encodeSavedPlan, journalName } from './saved-plan.ts';
import { fakeField, fakePlan, fakeResource, fakeSaved, fakeStep } from './testing/fake-plan.ts';
import { fakeTarget } from './testing/fake-target.ts';

const FIELD = fakeField(['spec', 'image'], undefined, 'two');
const SAVED = fakeSaved(
  fakePlan([fakeStep('update', fakeResource('a'), fakeResource('a'), { fields: [FIELD] })]),
  { places: [fakeTarget('ams').place], identities: { ams: 'uid-1' }, madeAtMs: 1 },
);

test('a saved plan is read as it was', () => {
  const read = decodeSavedPlan(encodeSavedPlan(SAVED));
  assert.ok(read.ok);
  assert.deepEqual(read.saved, JSON.parse(JSON.stringify(SAVED)));
});

test('a plan that is made anew, of the same steps, begins a separate journal', () => {
  const read = decodeSavedPlan(encodeSavedPlan(SAVED));
  assert.ok(read.ok);
  assert.equal(journalName(read.saved), journalName(SAVED));
  assert.notEqual(journalName({ ...SAVED, madeAtMs: 2 }), journalName(SAVED));
});

test('one that was changed, cut short or is of something else is refused', () => {
  const text = encodeSavedPlan(SAVED);
  const refused = [
    text.replace('"uid-1"', '"uid-2"'),
    text.replace('"risk": "safe"', '"risk": "restart"'),
    text.slice(0, -20),
    '[]',
    '{"format":"watchbill/graph/1"}',
    text.replace(/,\s*"digest": "[0-9a-f]+"/, ''),
  ];
  for (const one of refused) assert.ok(!decodeSavedPlan(one).ok, one);
});
