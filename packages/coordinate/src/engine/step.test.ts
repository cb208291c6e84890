import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import {
  hashForLeader,
  incoming,
  NOOP,
  nodeOf,
  openWindow,
  REDEMPTION,
  type Rfc12Node,
} from '../rfc12/testing/fake-group.ts';

const outcomes = (node: Rfc12Node) =>
  node.of('record-outcome').map(({ outcome: { from, to, result, reason } }) => [from, to, result, reason]);

describe('the seed of a window', () => {
  test('is asked for once, at the safe block, after the window was stored', () => {
    const node = nodeOf('0xB');
    const effects = node.give({ kind: 'height', height: 900n });
    assert.deepEqual(effects.map(field('kind')), ['store-cursor', 'store-cursor', 'read-inputs']);
    assert.deepEqual(node.of('read-inputs'), [
      { kind: 'read-inputs', window: 1n, asks: [{ kind: 'block-hash', height: 868n }] },
    ]);
    node.give({ kind: 'height', height: 901n });
    assert.equal(node.of('read-inputs').length, 1);
  });

  test('is asked for again at the next height if it could not be read, or has another length', () => {
    const node = nodeOf('0xB');
    node.give({ kind: 'height', height: 900n });
    node.give({ kind: 'no-inputs', window: 1n, why: 'connection refused' });
    node.give({ kind: 'height', height: 901n });
    assert.equal(node.of('read-inputs').length, 2);
    node.give({ kind: 'inputs', window: 1n, inputs: [new Uint8Array(31)] });
    node.give({ kind: 'height', height: 902n });
    assert.equal(node.of('read-inputs').length, 3);
    node.give({ kind: 'inputs', window: 1n, inputs: [hashForLeader('0xA')] });
    node.give(incoming('0xA', { senderSeat: 3 }));
    assert.equal(node.of('execute').length, 1);
  });

  test('that never comes ends the window with the last reason', () => {
    const node = nodeOf('0xB');
    node.give({ kind: 'height', height: 900n });
    node.give({ kind: 'no-inputs', window: 1n, why: 'connection\nrefused' });
    node.give({ kind: 'height', height: 980n });
    assert.deepEqual(outcomes(node), [[1n, 1n, 'failed', 'no-seed']]);
    assert.equal(node.of('record-outcome')[0]?.outcome.detail, 'connection refused');
  });

  test('that has not arrived ends it too, and a later answer has no effect', () => {
    const node = nodeOf('0xB');
    node.give({ kind: 'height', height: 900n });
    node.give({ kind: 'height', height: 990n });
    node.give({ kind: 'inputs', window: 1n, inputs: [hashForLeader('0xA')] });
    node.give({ kind: 'no-inputs', window: 1n, why: 'x' });
    assert.deepEqual(outcomes(node), [[1n, 1n, 'failed', 'no-seed']]);
    assert.deepEqual(node.of('dropped').map(field('why')), ['late', 'late']);
  });

  test('of another window is not taken, nor a second one', () => {
    const node = nodeOf('0xB');
    node.give({ kind: 'height', height: 900n });
    node.give({ kind: 'inputs', window: 2n, inputs: [hashForLeader('0xA')] });
    assert.equal(node.state().running?.phase, 'seeding');
    node.give({ kind: 'inputs', window: 1n, inputs: [hashForLeader('0xA')] });
    node.give({ kind: 'inputs', window: 1n, inputs: [hashForLeader('0xC')] });
    node.give(incoming('0xA', { senderSeat: 3 }));
    assert.equal(node.of('record-outcome')[0]?.outcome.leader, '0xA');
  });

  test('a message before it is dropped: the leader repeats', () => {
    const node = nodeOf('0xB');
    node.give({ kind: 'height', height: 900n });
    node.give(incoming('0xA', { senderSeat: 3 }));
    assert.equal(node.of('dropped')[0]?.why, 'no-plan-yet');
  });
});

describe('windows after windows', () => {
  test('a jump out of one active phase into another ends the first before the second begins', () => {
    const node = nodeOf('0xB');
    openWindow(node, '0xA');
    openWindow(node, '0xA', 4n, 3_601n);
    assert.deepEqual(outcomes(node), [
      [1n, 1n, 'failed', 'leader-silent'],
      [2n, 3n, 'skipped', 'passed'],
    ]);
    assert.equal(node.state().running?.window.index, 4n);
  });

  test('an answer for the window before does not reach the next one', () => {
    const node = nodeOf('0xA');
    openWindow(node, '0xA');
    openWindow(node, '0xA', 2n);
    node.give({ kind: 'proposal', window: 1n, attempt: 1, proposal: REDEMPTION });
    assert.deepEqual(node.of('broadcast'), []);
    assert.equal(node.of('dropped').at(-1)?.why, 'late');
  });

  test('heights that repeat or go back are dropped', () => {
    const node = nodeOf('0xB');
    openWindow(node, '0xA');
    for (const height of [900n, 899n, 1n]) node.give({ kind: 'height', height });
    assert.equal(node.of('dropped').length, 3);
    assert.equal(node.of('read-inputs').length, 1);
  });

  test('a message outside of any window is dropped', () => {
    const node = nodeOf('0xB');
    node.give(incoming('0xA', { senderSeat: 3 }));
    assert.equal(node.of('dropped')[0]?.why, 'no-window');
  });
});

describe('one running action for each group', () => {
  test('another one is refused until the first has ended', () => {
    const node = nodeOf('0xB');
    openWindow(node, '0xA');
    node.give(incoming('0xA', { senderSeat: 3 }));
    openWindow(node, '0xA', 2n);
    node.give(incoming('0xA', { senderSeat: 3, coordinationBlock: 1800n }));
    assert.deepEqual(outcomes(node), [
      [1n, 1n, 'execute', null],
      [2n, 2n, 'skipped', 'action-running'],
    ]);
    assert.equal(node.of('record-outcome')[1]?.outcome.action, 'redemption');
    assert.equal(node.stored()?.execution?.window, 1n);
    node.give({ kind: 'action-ended', window: 2n });
    assert.equal(node.of('dropped').at(-1)?.why, 'late');
    node.give({ kind: 'action-ended', window: 1n });
    assert.equal(node.stored()?.execution, null);
    openWindow(node, '0xA', 3n);
    node.give(incoming('0xA', { senderSeat: 3, coordinationBlock: 2700n }));
    assert.equal(node.of('execute').length, 2);
  });

  test('a noop meanwhile is a noop', () => {
    const node = nodeOf('0xB');
    openWindow(node, '0xA');
    node.give(incoming('0xA', { senderSeat: 3 }));
    openWindow(node, '0xA', 2n);
    node.give(incoming('0xA', { senderSeat: 3, coordinationBlock: 1800n, proposal: NOOP }));
    assert.equal(node.of('record-outcome').at(-1)?.outcome.result, 'noop');
    assert.equal(node.stored()?.execution?.window, 1n);
  });
});

test('a step changes neither the state nor the event that it was given', () => {
  const node = nodeOf('0xA');
  openWindow(node, '0xA');
  const before = node.state();
  const copy = structuredClone(before);
  node.give({ kind: 'proposal', window: 1n, attempt: 1, proposal: REDEMPTION });
  assert.deepEqual(before, copy);
});

test('rules that do not decide at the end of the active phase are a defect', async () => {
  const { step } = await import('./step.ts');
  const { startedState } = await import('./state.ts');
  const { quiet } = await import('../rules.ts');
  const { RFC12_WINDOWS } = await import('../rfc12/windows.ts');
  const rules = {
    profile: 'undecided',
    group: 'g',
    schedule: RFC12_WINDOWS,
    joinsUnremembered: true,
    inputs: () => [],
    plan: () => ({}),
    leaderOf: () => 'l',
    carry: () => null,
    recall: () => null,
    begin: () => quiet(null),
    on: () => quiet(null),
  };
  let { state } = step(rules, startedState<object, null>(null), { kind: 'height', height: 900n });
  ({ state } = step(rules, state, { kind: 'inputs', window: 1n, inputs: [new Uint8Array(1)] }));
  assert.throws(
    () => step(rules, state, { kind: 'height', height: 980n }),
    /undecided: the rules did not decide/,
  );
});
