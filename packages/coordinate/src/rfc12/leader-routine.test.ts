import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { MAX_FRAME_BYTES } from '../transport/port.ts';
import { decodeMessage, MAX_FRAMED_BYTES, MESSAGE_TYPE } from './message.ts';
import { GROUP, HEARTBEAT, incoming, NOOP, nodeOf, openWindow, REDEMPTION } from './testing/fake-group.ts';

const leading = (localSeats?: readonly number[]) => {
  const node = nodeOf('0xA', localSeats);
  openWindow(node, '0xA');
  return node;
};

describe("the leader's routine", () => {
  test('asks for a proposal with the checklist, sends it, and decides like all others', () => {
    const node = leading();
    const [question] = node.of('generate');
    assert.equal(question?.attempt, 1);
    assert.deepEqual(question?.plan.checklist, ['redemption']);
    node.give({ kind: 'proposal', window: 1n, attempt: 1, proposal: REDEMPTION });
    const [sent] = node.of('broadcast');
    assert.equal(sent?.type, MESSAGE_TYPE);
    assert.deepEqual(decodeMessage(sent?.payload ?? new Uint8Array(0)), {
      ok: true,
      value: { senderSeat: 3, coordinationBlock: 900n, keyHash: GROUP.keyHash, proposal: REDEMPTION },
    });
    assert.equal(node.of('record-outcome')[0]?.outcome.result, 'execute');
    assert.equal(node.of('execute').length, 1);
  });

  test('its decision is stored before a message is sent or an action runs', () => {
    const node = leading();
    const effects = node.give({ kind: 'proposal', window: 1n, attempt: 1, proposal: REDEMPTION });
    assert.deepEqual(effects.map(field('kind')), ['store-cursor', 'broadcast', 'record-outcome', 'execute']);
    assert.equal(node.stored()?.sent.length, 1);
  });

  test('uses its smallest seat, in any order of seats', () => {
    const node = leading([10, 4, 9]);
    node.give({ kind: 'proposal', window: 1n, attempt: 1, proposal: NOOP });
    const decoded = decodeMessage(node.of('broadcast')[0]?.payload ?? new Uint8Array(0));
    assert.ok(decoded.ok);
    assert.equal(decoded.value.senderSeat, 4);
  });

  test('the second attempt comes a minute after the first one failed', () => {
    const node = leading();
    node.give({ kind: 'no-proposal', window: 1n, attempt: 1, why: 'unexpected error 1' });
    assert.deepEqual(node.of('ask-again-after'), [
      { kind: 'ask-again-after', window: 1n, attempt: 2, delayMs: 60_000 },
    ]);
    assert.equal(node.of('generate').length, 1);
    node.give({ kind: 'ask-again', window: 1n, attempt: 2 });
    assert.equal(node.of('generate').at(-1)?.attempt, 2);
    node.give({ kind: 'proposal', window: 1n, attempt: 2, proposal: HEARTBEAT });
    assert.equal(node.of('record-outcome')[0]?.outcome.result, 'execute');
  });

  test('two failures end the window with both errors, and no message is sent', () => {
    const node = leading();
    node.give({ kind: 'no-proposal', window: 1n, attempt: 1, why: 'unexpected error 1' });
    node.give({ kind: 'ask-again', window: 1n, attempt: 2 });
    node.give({ kind: 'no-proposal', window: 1n, attempt: 2, why: 'unexpected error 2' });
    const [told] = node.of('record-outcome');
    assert.equal(told?.outcome.reason, 'no-proposal');
    assert.equal(told?.outcome.detail, 'attempt 1: unexpected error 1; attempt 2: unexpected error 2');
    assert.deepEqual(node.of('broadcast'), []);
  });

  test('a proposal that cannot be sent is a failed attempt', () => {
    const node = leading();
    const proposal = { action: 'heartbeat', message: new Uint8Array(3) } as const;
    node.give({ kind: 'proposal', window: 1n, attempt: 1, proposal });
    assert.deepEqual(node.of('broadcast'), []);
    assert.equal(node.of('ask-again-after').length, 1);
  });

  test('a proposal too large for a frame is a failed attempt, neither sent nor run', () => {
    assert.equal(MAX_FRAMED_BYTES, MAX_FRAME_BYTES);
    assert.ok(REDEMPTION.action === 'redemption');
    const script = Uint8Array.from({ length: 23 }, (_, i) => i + 1);
    const redeemerOutputScripts = Array.from({ length: 1_000 }, () => script);
    const node = leading();
    node.give({
      kind: 'proposal',
      window: 1n,
      attempt: 1,
      proposal: { ...REDEMPTION, redeemerOutputScripts },
    });
    assert.deepEqual([node.of('broadcast'), node.of('execute')], [[], []]);
    assert.equal(node.of('ask-again-after').length, 1);
  });

  test('answers without a question are dropped', () => {
    const node = leading();
    node.give({ kind: 'ask-again', window: 1n, attempt: 1 });
    node.give({ kind: 'proposal', window: 1n, attempt: 2, proposal: NOOP });
    node.give({ kind: 'no-proposal', window: 1n, attempt: 1, why: 'x' });
    node.give({ kind: 'proposal', window: 1n, attempt: 2, proposal: NOOP });
    node.give({ kind: 'no-proposal', window: 1n, attempt: 2, why: 'x' });
    assert.deepEqual(node.of('dropped').map(field('why')), ['late', 'late', 'late', 'late']);
    assert.deepEqual(node.of('broadcast'), []);
  });

  test('a proposal after the active phase is not sent', () => {
    const node = leading();
    node.give({ kind: 'height', height: 980n });
    node.give({ kind: 'proposal', window: 1n, attempt: 1, proposal: REDEMPTION });
    assert.equal(node.of('record-outcome')[0]?.outcome.reason, 'proposal-late');
    assert.deepEqual(node.of('broadcast'), []);
    assert.deepEqual(node.of('execute'), []);
  });

  test('a leader ignores the messages of others', () => {
    const node = leading();
    node.give(incoming('0xC', { senderSeat: 2 }));
    assert.equal(node.of('dropped')[0]?.why, 'leading');
    assert.deepEqual(node.of('record-fault'), []);
  });
});
