import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placesRefusal, refusalOf } from './refusal.ts';
import { decodeSavedPlan, encodeSavedPlan, journalName, type SavedPlan } from './saved-plan.ts';
import { fakeField, fakePlan, fakeResource, fakeStep } from './testing/fake-plan.ts';
import { fakeTarget } from './testing/fake-target.ts';

const FIELD = fakeField(['spec', 'image'], undefined, 'two');
const SAVED: SavedPlan = {
  format: 'watchbill/saved-plan/1',
  plan: fakePlan([fakeStep('update', fakeResource('a'), fakeResource('a'), { fields: [FIELD] })]),
  places: [{ target: 'kubernetes', name: 'ams', context: null, namespace: 'nodes' }],
  identities: { ams: 'uid-1' },
  takeOver: false,
  madeAtMs: 1,
  runs: [],
};

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

test('risks without consent, and problems, keep a plan from being begun', () => {
  const step = (risk: 'safe' | 'restart' | 'data-loss' | 'signing') =>
    fakeStep('create', fakeResource(risk), null, { risk });
  const none = { signing: false, dataLoss: false };
  assert.equal(refusalOf(fakePlan([step('safe'), step('restart')]), none), null);
  const risky = fakePlan([step('signing'), step('data-loss')]);
  assert.equal(refusalOf(risky, none)?.reason, 'signing-not-allowed');
  assert.deepEqual(refusalOf(risky, none)?.steps, ['create ams/ConfigMap/nodes/signing']);
  assert.equal(refusalOf(risky, { ...none, signing: true })?.reason, 'data-loss-not-allowed');
  assert.equal(refusalOf(risky, { signing: true, dataLoss: true }), null);
  const problem = { code: 'conflict', resourceId: 'r', what: 'w', remedy: 'do' } as const;
  const all = { signing: true, dataLoss: true };
  assert.equal(refusalOf(fakePlan([], { problems: [problem] }), all)?.reason, 'problems');
});

test('a place that is another than the plan was made for, or cannot be asked, keeps it from being begun', async () => {
  const signal = AbortSignal.timeout(5_000);
  const on = (...targets: readonly ReturnType<typeof fakeTarget>[]) =>
    placesRefusal(SAVED, new Map(targets.map((target) => [target.place.name, target])), signal);
  assert.equal(await on(fakeTarget('ams', 'uid-1')), null);
  assert.equal((await on(fakeTarget('ams', 'uid-2')))?.reason, 'other-place');
  assert.equal((await on())?.reason, 'other-place');
  const traits = { dmiUuid: null, hostKeys: ['key-1'] };
  const identity = async () => ({ ok: true, identity: 'uid-1', traits }) as const;
  const copy = { ...fakeTarget('ams', 'uid-1'), identity };
  const planned = (hostKeys: readonly string[]) =>
    placesRefusal(
      { ...SAVED, traits: { ams: { dmiUuid: null, hostKeys } } },
      new Map([['ams', copy]]),
      signal,
    );
  assert.equal((await planned(['key-2']))?.reason, 'other-place');
  assert.equal(await planned(['key-1']), null);
  const away = {
    ...fakeTarget(),
    identity: async () => ({ ok: false, reason: 'unreachable', detail: '' }) as const,
  };
  assert.equal((await on(away))?.reason, 'unreachable');
});
