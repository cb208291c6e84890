import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { PermitFault } from '../../contract.ts';
import { encodeRecord, type WatchRecord } from '../../ground/records.ts';
import { policyDocument } from '../../testing/services.ts';
import {
  type HandoverEffect,
  type HandoverEvent,
  type HandoverState,
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
