import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dutyTable, type Mark, type Part, type Policy } from '../../../rule/index.ts';
import { PermitFault } from '../../contract.ts';
import { encodeRecord, type WatchRecord } from '../../ground/records.ts';
import { policyDocument } from '../../testing/services.ts';
import {
  type HandoverEffect,
  type HandoverEvent,
  type HandoverState,
  hasOpenUnit,
  stepHandover,
} from './handover-step.ts';

const POLICY = { ...policyDocument(), versionId: 'v', version: 1 } as unknown as Policy;
const held = (holder: string | null, term: string, relief: string | null = null) => {
  const record: WatchRecord = { holder, term, relief };
  return { record, text: encodeRecord('watch', record) };
};
const found = (change: Partial<Extract<HandoverEvent, { kind: 'found' }>> = {}): HandoverEvent => ({
  kind: 'found',
  policy: POLICY,
  ready: ['a', 'b'],
  unfit: null,
  ...change,
});
const read = (of: ReturnType<typeof held>): HandoverEvent => ({ kind: 'read', held: of });
const written = (applied: boolean, nowMs = 0): HandoverEvent => ({ kind: 'written', applied, nowMs });
const looked = (hasOpenUnit: boolean, nowMs: number, holderLive = true): HandoverEvent => ({
  kind: 'looked',
  holderLive,
  hasOpenUnit,
  nowMs,
});

function run(...events: readonly HandoverEvent[]): HandoverEffect {
  let state: HandoverState = { phase: 'asked', to: 'b' };
  let effect: HandoverEffect = { kind: 'read' };
  for (const event of events) ({ state, effect } = stepHandover(state, event));
  return effect;
}

function code(effect: HandoverEffect): string {
  assert.equal(effect.kind, 'refuse');
  return effect.kind === 'refuse' && effect.error instanceof PermitFault ? effect.error.code : 'none';
}

const WAITING = [found(), read(held('a', '3')), written(true)];

test('goes to a listed node that is ready, under a policy', () => {
  assert.equal(code(run(found({ policy: null }))), 'not-listed');
  const others = { ...POLICY, roster: [{ name: 'a', rank: 0 }] };
  assert.equal(code(run(found({ policy: others }))), 'not-listed');
  assert.equal(code(run(found({ ready: ['a'] }))), 'not-ready');
  assert.deepEqual(run(found(), read(held('b', '3'))), { kind: 'done', moved: null });
});

test('marks the watch, waits while the old holder has an open unit, then names the new one', () => {
  const marked = { kind: 'write', before: held('a', '3'), next: held('a', '3', 'b').record };
  assert.deepEqual(run(found(), read(held('a', '3'))), marked);
  assert.deepEqual(run(...WAITING), { kind: 'look', from: 'a' });
  assert.deepEqual(run(...WAITING, looked(true, 1)), { kind: 'wait', ms: 50 });
  assert.deepEqual(run(...WAITING, looked(true, 1), { kind: 'woken' }), { kind: 'look', from: 'a' });
  const done = [...WAITING, looked(false, 1)];
  assert.deepEqual(run(...done), { kind: 'read' });
  const before = held('a', '3', 'b');
  assert.deepEqual(run(...done, read(before)), { kind: 'write', before, next: held('b', '4').record });
  const moved = { kind: 'done', moved: { from: 'a', term: '4' } };
  assert.deepEqual(run(...done, read(before), written(true)), moved);
});

test('waits for no holder that is gone', () => {
  assert.deepEqual(run(...WAITING, looked(true, 1, false)), { kind: 'read' });
  const vacant = [found(), read(held(null, '0')), written(true), looked(true, 1)];
  assert.deepEqual(run(...vacant), { kind: 'read' });
});

test('a watch that moved in between is refused, and not overwritten', () => {
  assert.equal(code(run(found(), read(held('a', '3')), written(false))), 'changed');
  const done = [...WAITING, looked(false, 1)];
  assert.equal(code(run(...done, read(held('a', '4')))), 'changed');
  const unnamed = [...done, read(held('a', '3', 'b')), written(false)];
  assert.equal(code(run(...unnamed, read(held('c', '4')))), 'changed');
});

test('a wait that ends badly takes the mark off again, unless another handover put it there', () => {
  const late = [...WAITING, looked(true, 30_001)];
  assert.deepEqual(run(...WAITING, looked(true, 30_000)).kind, 'wait');
  assert.deepEqual(run(...late), { kind: 'read' });
  const before = held('a', '3', 'b');
  assert.deepEqual(run(...late, read(before)), { kind: 'write', before, next: held('a', '3').record });
  assert.equal(code(run(...late, read(before), written(true))), 'handover-late');
  assert.equal(code(run(...late, read(held('a', '3', 'c')))), 'handover-late');
  const broken: HandoverEvent = { kind: 'failed', error: new PermitFault('broken', 503, '', '') };
  assert.deepEqual(run(...WAITING, broken), { kind: 'read' });
  assert.equal(code(run(...WAITING, broken, read(before), written(true))), 'broken');
  assert.equal(code(run(found(), broken)), 'broken', 'the watch was not marked yet');
});

describe('a handover to the active node, whose mark an earlier one left', () => {
  const left = held('b', '3', 'a');
  const read: HandoverEvent = { kind: 'read', held: left };

  test('takes the mark off: the node stays, under its term', () => {
    const next = held('b', '3').record;
    assert.deepEqual(run(found(), read), { kind: 'write', before: left, next });
    assert.deepEqual(run(found(), read, written(true)), { kind: 'done', moved: null });
  });

  test('is refused if the watch moved meanwhile', () => {
    const effect = run(found(), read, written(false));
    assert.ok(effect.kind === 'refuse' && effect.error instanceof PermitFault);
    assert.equal(effect.error.code, 'changed');
  });
});

test('a handover reads the watch first, and is over once it is done or refused', () => {
  assert.deepEqual(run(found()), { kind: 'read' });
  const left: readonly HandoverEvent[] = [found(), { kind: 'read', held: held('b', '3', 'a') }];
  const marked = held('a', '3', 'b');
  const moved: readonly HandoverEvent[] = [
    ...[found(), { kind: 'read', held: held('a', '3') } as const, written(true)],
    ...[looked(false, 30_001), { kind: 'read', held: marked } as const, written(true)],
  ];
  const ends = [
    [...left, written(true)],
    [found(), { kind: 'read', held: held('b', '3') } as const],
    [found({ policy: null })],
    moved,
  ];
  for (const events of ends)
    assert.throws(() => run(...events, { kind: 'woken' }), {
      message: 'a handover in phase over got the event woken',
    });
});

test('a refusal says what is wrong and what to do', () => {
  const refusal = (...events: readonly HandoverEvent[]) => {
    const effect = run(...events);
    assert.ok(effect.kind === 'refuse' && effect.error instanceof PermitFault);
    const { code, status, message, remedy } = effect.error;
    return `${status} ${code}: ${message} | ${remedy}`;
  };
  const roster = [{ name: 'a', rank: 0 }];
  const started: readonly HandoverEvent[] = [found(), { kind: 'read', held: held('a', '3') }];
  assert.deepEqual(
    [
      refusal(found({ policy: null })),
      refusal(found({ policy: { ...POLICY, roster } })),
      refusal(found({ ready: ['a'] })),
      refusal(found({ ready: ['a'], unfit: 'it is syncing' })),
      refusal(...started, written(false)),
      refusal(...started, written(true), looked(true, 30_001), { kind: 'read', held: held('a', '3') }),
    ],
    [
      '404 not-listed: this chain and key have no policy | Apply a policy first.',
      '409 not-listed: b is not in the roster | Name a listed node.',
      '409 not-ready: b is not ready: it has not reported for this key | Look at its readiness report.',
      '409 not-ready: b is not ready: it is syncing | Look at its readiness report.',
      '409 changed: the watch moved meanwhile | Look at `watchbill status` and ask again.',
      '503 handover-late: a did not finish its units in time | Look at the node, then ask again.',
    ],
  );
});

test('an event that the phase does not await is a defect', () => {
  const states: readonly HandoverState[] = [
    { phase: 'asked', to: 'b' },
    { phase: 'reading', to: 'b' },
    { phase: 'marking', to: 'b', from: 'a' },
    { phase: 'waiting', to: 'b', from: 'a', untilMs: 9 },
    { phase: 'reading-again', to: 'b', from: 'a' },
    { phase: 'naming', to: 'b', from: 'a', term: '4' },
    { phase: 'staying' },
    { phase: 'over' },
  ];
  const read: HandoverEvent = { kind: 'read', held: held('a', '3', 'b') };
  const events = [found(), read, written(true), looked(true, 30_001), { kind: 'woken' }] as const;
  const awaited = states.map((state) => {
    const taken = events.filter((event) => {
      try {
        return stepHandover(state, event).state !== undefined;
      } catch (error) {
        const { message } = error as Error;
        assert.equal(message, `a handover in phase ${state.phase} got the event ${event.kind}`);
        return false;
      }
    });
    return [state.phase, ...taken.map(({ kind }) => kind)].join(' ');
  });
  assert.deepEqual(awaited, [
    'asked found',
    'reading read',
    'marking written',
    'waiting looked woken',
    'reading-again read',
    'naming written',
    'staying written',
    'over',
  ]);
});

test('an open unit is the newest one, entered by the node and not signed to its last part', () => {
  const grandpa = dutyTable().get('grandpa');
  assert.ok(grandpa);
  const unit = (round: bigint, node: string, ...parts: readonly Part[]) => ({
    unit: [0n, round],
    owner: { node, incarnation: '1' },
    term: 1n,
    parts: parts.map((part) => ({ part, digest: null, nonce: 'n' })),
    enters: [],
  });
  const isOpen = (...recent: Mark['recent']) => hasOpenUnit({ recent } as unknown as Mark, grandpa, 'a');
  assert.equal(isOpen(), false, 'no unit was entered');
  assert.equal(isOpen(unit(1n, 'a')), true);
  assert.equal(isOpen(unit(1n, 'a', 'propose', 'prevote')), true);
  assert.equal(isOpen(unit(1n, 'a', 'prevote', 'precommit')), false, 'it is signed to its last part');
  assert.equal(isOpen(unit(1n, 'b')), false, 'another node entered it');
  assert.equal(isOpen(unit(1n, 'a'), unit(2n, 'b')), false, 'an older one is over');
});

describe('a handover that fails once the holder is marked takes the mark off', () => {
  const marked = held('a', '3', 'b');
  const waiting: readonly HandoverEvent[] = [found(), { kind: 'read', held: held('a', '3') }, written(true)];
  const done: HandoverEvent = looked(false, 30_001);
  const broken: HandoverEvent = { kind: 'failed', error: new PermitFault('broken', 503, '', '') };
  const again: HandoverEvent = { kind: 'read', held: marked };
  const off = { kind: 'write', before: marked, next: held('a', '3').record };

  for (const [when, ...events] of [
    ['while it waits', broken],
    ['when it reads the watch again', done, broken],
    ['when it names the new holder', done, again, broken],
    ['when the new holder may not have been named', done, again, written(false)],
  ] as const)
    test(when, () => {
      const ended = [...waiting, ...events];
      assert.deepEqual(run(...ended), { kind: 'read' });
      assert.deepEqual(run(...ended, again), off);
      assert.equal(run(...ended, again, written(true)).kind, 'refuse');
      const named = run(...ended, { kind: 'read', held: held('b', '4') });
      assert.equal(named.kind, 'refuse', 'it was named, or another handover ended first');
    });
});
