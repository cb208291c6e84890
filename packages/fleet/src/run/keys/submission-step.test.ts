import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { abortRotation } from './abort.ts';
import { deathOf, type Rotation, rotationShape } from './record.ts';
import { type RotationFacts, stepRotation } from './rotation.ts';
import type { SubmissionFacts } from './submission-step.ts';
import { BEGUN, BIRTH, CALL, NEW, OLD, OTHER, PERIOD, QUIET, SIGNED, SUBMITTED } from './testing/rotation.ts';

const LIMITS = { messageBlocks: 10 };

type Search = SubmissionFacts['search'];
const notFound = (until: number): Search => ({ result: 'not-found', until });
const found = (isOk: boolean | null, call = CALL, error = ''): Search => ({
  result: 'found',
  call,
  block: '0xb1',
  height: 110,
  isOk,
  error,
});

function look(rotation: Rotation, facts: Partial<RotationFacts>, search: Search | null = null) {
  const submission = search === null ? null : { search };
  return stepRotation(rotation, { ...QUIET, ...facts, submission }, LIMITS);
}

test('it may be sent while it can land, the node has the keys and the chain the old ones; and only then', () => {
  const last = deathOf(SIGNED) - 2;
  assert.ok(look(SUBMITTED, {}, notFound(BIRTH)).maySend);
  assert.ok(look(SUBMITTED, {}, notFound(last)).maySend);
  assert.ok(!look(SUBMITTED, {}, notFound(last + 1)).maySend, 'no block can have it');
  assert.ok(!look(SUBMITTED, {}).maySend, 'its chain was not read');
  assert.ok(!look(SUBMITTED, { holds: null }, notFound(BIRTH)).maySend);
  assert.ok(!look(SUBMITTED, { holds: false }, notFound(BIRTH)).maySend);
  assert.ok(!look(SUBMITTED, { nextKeys: undefined }, notFound(BIRTH)).maySend);
  assert.ok(!look(SUBMITTED, { nextKeys: NEW }, notFound(BIRTH)).maySend);
  assert.ok(!look(SUBMITTED, { nextKeys: OTHER }, notFound(BIRTH)).maySend);
  const unsigned: Rotation = { ...BEGUN, submission: { ...SIGNED, extrinsic: null, hash: null } };
  assert.ok(!look(unsigned, {}, notFound(BIRTH)).maySend);
  assert.ok(
    !look({ ...BEGUN, submission: SIGNED }, {}, notFound(BIRTH)).maySend,
    'the stage is not written yet',
  );
});

test('included, on the way, queued', () => {
  const included = look(SUBMITTED, {}, found(true)).rotation;
  assert.equal(included.stage, 'included');
  assert.deepEqual(included.submission?.landed, { block: '0xb1', height: 110 });
  const away = look(included, { height: 60 }).rotation;
  assert.deepEqual([away.stage, away.lateFrom], ['onTheWay', 70]);
  assert.equal(look(away, { height: 69 }).rotation, away);
  const arrived = look(away, { height: 69, nextKeys: NEW });
  assert.deepEqual([arrived.rotation.stage, arrived.rotation.queuedIn], ['queued', 5]);
});

test('a message that is late stops it for a person, and counts when it comes after all', () => {
  const away: Rotation = { ...SUBMITTED, stage: 'onTheWay', lateFrom: 70 };
  const late = look(away, { height: 70 });
  assert.deepEqual(late.notes, [{ kind: 'stop', code: 'message-late' }]);
  assert.deepEqual([late.rotation.stage, late.rotation.isLate, late.maySend], ['onTheWay', true, false]);
  assert.equal(
    look(away, { height: 70, nextKeys: undefined }).rotation,
    away,
    'what is not read is not late',
  );
  const after = look(late.rotation, { height: 99, nextKeys: NEW });
  assert.deepEqual([after.rotation.stage, after.rotation.isLate], ['queued', false]);
});

test('keys that are seen before the block that took them are queued', () => {
  assert.equal(look(SUBMITTED, { nextKeys: NEW }, notFound(BIRTH)).rotation.stage, 'queued');
  assert.equal(look(BEGUN, { nextKeys: NEW }).rotation.stage, 'queued');
});

test('what can never land is over, and there may be another one', () => {
  const cases = [
    ['expired', notFound(BIRTH + PERIOD - 1)],
    ['failed-on-chain', found(false, CALL, 'StakingRcClient.NotValidator')],
    ['nonce-taken', found(true, '0x0909')],
  ] as const;
  for (const [code, search] of cases) {
    const { rotation, notes, maySend } = look(SUBMITTED, {}, search);
    assert.deepEqual([rotation.stage, rotation.submission, maySend], ['generated', null, false], code);
    assert.equal(rotation.ended[0]?.hash, SIGNED.hash);
    assert.ok(notes[0]?.kind === 'stop' && notes[0].code === code);
  }
});

test('a used nonce without a visible block counts as ours: then no extrinsic is sent', () => {
  const { rotation, maySend } = look(SUBMITTED, {}, { result: 'unseen' });
  assert.deepEqual([rotation.stage, rotation.submission?.landed, maySend], ['included', null, false]);
});

test('a stop for a person still follows what was submitted, until the rotation can be aborted', () => {
  const away: Rotation = { ...SUBMITTED, stage: 'onTheWay', lateFrom: 70 };
  const stops = [
    ['overtaken', { nextKeys: OTHER }],
    ['keys-lost', { holds: false }],
  ] as const;
  for (const [code, facts] of stops) {
    const seen = (rotation: Rotation, more: Partial<RotationFacts>, search: Search | null = null) => {
      const step = look(rotation, { ...facts, ...more }, search);
      assert.deepEqual(step.notes, [{ kind: 'stop', code }]);
      assert.ok(!step.maySend);
      return step.rotation;
    };
    assert.equal(seen(SUBMITTED, {}), SUBMITTED, 'its chain was not read');
    assert.equal(seen(SUBMITTED, {}, notFound(BIRTH)), SUBMITTED);
    assert.equal(abortRotation(seen(SUBMITTED, {}, notFound(BIRTH + PERIOD))).kind, 'free');
    const included = seen(SUBMITTED, {}, found(true));
    assert.equal(included.stage, 'included');
    assert.deepEqual(seen(included, { height: 60 }), { ...included, stage: 'onTheWay', lateFrom: 70 });
    assert.equal(seen(away, { height: 69 }), away);
    assert.equal(abortRotation(seen(away, { height: 70 })).kind, 'registered');
  }
  const lost = look(SUBMITTED, { nextKeys: NEW, holds: false }, found(true));
  assert.deepEqual(lost.notes, [{ kind: 'stop', code: 'keys-lost' }]);
  assert.equal(abortRotation(lost.rotation).kind, 'registered', 'the chain has them');
});

test('a record of another version is refused', () => {
  const text = { ...SUBMITTED, format: 'watchbill/rotation/9' };
  assert.equal(rotationShape.safeParse(SUBMITTED).success, true);
  assert.equal(rotationShape.safeParse(text).success, false);
});

/**
 * A chain that includes the extrinsic in some block or never, whose message is dropped, delayed or seen out
 * of order, and a program that is killed between any two looks: it begins again from its last record, and
 * remembers no more than that.
 */
interface World {
  readonly landsAt: number | null;
  readonly isOk: boolean;
  /** Blocks from its block to the keys; null: the message is dropped. */
  readonly travels: number | null;
  /** The unreadable facts of a look, and whether the program was killed after it. */
  readonly looks: readonly { readonly blind: boolean; readonly deaf: boolean; readonly killed: boolean }[];
}

const worlds: fc.Arbitrary<World> = fc.record({
  landsAt: fc.option(fc.integer({ min: BIRTH + 1, max: BIRTH + PERIOD - 1 }), { nil: null }),
  isOk: fc.boolean(),
  travels: fc.option(fc.integer({ min: 0, max: 25 }), { nil: null }),
  looks: fc.array(fc.record({ blind: fc.boolean(), deaf: fc.boolean(), killed: fc.boolean() }), {
    minLength: 45,
    maxLength: 60,
  }),
});

test('whatever happens to message and program, one extrinsic lands, and it ends in keys or in a stop', () => {
  fc.assert(
    fc.property(worlds, ({ landsAt, isOk, travels, looks }) => {
      let rotation: Rotation = SUBMITTED;
      let handedAt: number | null = null;
      let isOver = false;
      looks.forEach(({ blind, deaf, killed }, index) => {
        if (isOver) return;
        const height = BIRTH + index;
        const landed =
          landsAt !== null && handedAt !== null && handedAt < landsAt && height >= landsAt ? landsAt : null;
        const arrives = landed !== null && isOk && travels !== null && height >= landed + travels;
        const search = landed === null ? notFound(height) : found(isOk);
        const step = look(
          rotation,
          { height, nextKeys: deaf ? undefined : arrives ? NEW : OLD },
          blind || !['generated', 'submitted'].includes(rotation.stage) ? null : search,
        );
        rotation = rotationShape.parse(JSON.parse(JSON.stringify(step.rotation)));
        if (step.maySend) {
          assert.equal(landed, null, 'an extrinsic in a block is not sent again');
          assert.ok(height < deathOf(SIGNED) - 1, 'an extrinsic that cannot be included is not sent');
          if (!killed) handedAt ??= height;
        }
        assert.ok(rotation.submission === null || rotation.submission.extrinsic === SIGNED.extrinsic);
        isOver = rotation.stage === 'queued' || step.notes.some(({ kind }) => kind === 'stop');
        if (rotation.stage === 'queued') assert.ok(arrives, 'queued only where the chain shows the keys');
        if (rotation.submission === null)
          assert.ok(
            landed === null ? height >= deathOf(SIGNED) - 1 : !isOk,
            'given up only if it can have no effect',
          );
      });
    }),
  );
});
