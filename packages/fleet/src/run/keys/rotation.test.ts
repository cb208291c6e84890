import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RotationFacts, stepRotation } from './rotation.ts';
import { BEGUN, NEW, OLD, OTHER, QUIET } from './testing/rotation.ts';

function play(...all: readonly Partial<RotationFacts>[]) {
  let rotation = BEGUN;
  const notes: string[] = [];
  for (const facts of all) {
    const step = stepRotation(rotation, { ...QUIET, ...facts });
    rotation = step.rotation;
    notes.push(...step.notes.map((note) => (note.kind === 'stop' ? note.code : note.kind)));
  }
  return { rotation, notes };
}

test('registered, queued, used from the second session on, and proven by a block', () => {
  const { rotation, notes } = play(
    {},
    { nextKeys: NEW },
    { nextKeys: NEW, session: 6, isAuthority: true },
    { nextKeys: NEW, session: 7, isAuthority: true },
    { nextKeys: NEW, session: 7, isAuthority: true, authored: '0xb10c' },
  );
  assert.deepEqual(notes, ['queued', 'active', 'verified']);
  assert.deepEqual([rotation.stage, rotation.queuedIn, rotation.provenBy], ['verified', 5, '0xb10c']);
});

test('a node that lost the keys stops it, before and after they are registered', () => {
  assert.deepEqual(play({ holds: false }).notes, ['keys-lost']);
  assert.deepEqual(play({ nextKeys: NEW }, { nextKeys: NEW, holds: false }).notes, ['queued', 'keys-lost']);
});

test('keys of somebody else stop it', () => {
  assert.deepEqual(play({ nextKeys: OTHER }).notes, ['overtaken']);
  assert.deepEqual(play({ nextKeys: null }).notes, ['overtaken']);
  assert.deepEqual(play({ nextKeys: NEW }, { nextKeys: OLD }).notes, ['queued', 'withdrawn']);
});

test('a validator outside the set gets a note, and is not called active', () => {
  const { rotation, notes } = play({ nextKeys: NEW }, { nextKeys: NEW, session: 9, isAuthority: false });
  assert.deepEqual(notes, ['queued', 'not-in-set']);
  assert.equal(rotation.stage, 'queued');
});

test('what is not known changes nothing and stops nothing', () => {
  const unknown: RotationFacts = {
    height: null,
    session: null,
    nextKeys: undefined,
    holds: null,
    isAuthority: null,
    authored: null,
    submission: null,
  };
  for (const stage of ['generated', 'submitted', 'included', 'onTheWay', 'queued', 'active'] as const) {
    const rotation = { ...BEGUN, stage, queuedIn: 1 };
    assert.deepEqual(stepRotation(rotation, unknown), { rotation, notes: [], maySend: false });
  }
});

test('whatever is seen, it is verified only after the keys were the next ones, two sessions passed, and they authored', () => {
  const facts = fc.record({
    session: fc.option(fc.integer({ min: 0, max: 9 }), { nil: null }),
    nextKeys: fc.constantFrom(undefined, null, OLD, NEW, OTHER),
    holds: fc.constantFrom(true, false, null),
    isAuthority: fc.constantFrom(true, false, null),
    authored: fc.constantFrom(null, '0xb10c'),
    height: fc.constantFrom(null, 50),
    submission: fc.constant(null),
  });
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 30 }), (all) => {
      let rotation = BEGUN;
      let queuedIn: number | null = null;
      for (const one of all) {
        const before = rotation.stage;
        ({ rotation } = stepRotation(rotation, one));
        if (rotation.stage === before) continue;
        if (rotation.stage !== 'queued') assert.notEqual(one.holds, false);
        assert.ok(one.nextKeys === NEW || one.nextKeys === undefined);
        if (rotation.stage === 'queued') queuedIn = one.session;
        if (rotation.stage === 'active')
          assert.ok(queuedIn !== null && (one.session ?? 0) >= queuedIn + 2 && one.isAuthority);
        if (rotation.stage === 'verified') assert.equal(one.authored, '0xb10c');
      }
    }),
  );
});
