import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { encodePayload } from './payload-encode.ts';
import {
  HEARTBEAT,
  incoming,
  NOOP,
  nodeOf,
  openWindow,
  REDEMPTION,
  windowNumber,
} from './testing/fake-group.ts';

// In GROUP, 0xA holds the seats 3, 4, 9, 10; 0xB 1, 6, 7; 0xC 2, 5, 8. Here 0xA leads and 0xB follows.
const following = () => {
  const node = nodeOf('0xB');
  openWindow(node, '0xA');
  return node;
};

describe("the follower's routine", () => {
  test("keep-core's eight messages: two faults, and the good one decides", () => {
    const node = following();
    const messages = [
      incoming('0xA', { senderSeat: 3 }, 'tbtc/signing_done_message'),
      incoming('0xB', { senderSeat: 1, proposal: NOOP }),
      incoming('0xA', { senderSeat: 2, proposal: NOOP }),
      incoming('0xA', { senderSeat: 3, proposal: NOOP, coordinationBlock: 901n }),
      incoming('0xA', { senderSeat: 3, proposal: NOOP, keyHash: new Uint8Array(20).fill(1) }),
      incoming('0xC', { senderSeat: 2, proposal: NOOP }),
      incoming('0xA', { senderSeat: 3, proposal: HEARTBEAT }),
      incoming('0xA', { senderSeat: 3, proposal: REDEMPTION }),
    ];
    for (const message of messages) node.give(message);
    assert.deepEqual(node.of('dropped').map(field('why')), [
      'other-type',
      'own-seat',
      'seat-of-another',
      'other-window',
      'other-group',
      'impersonation',
      'action-not-allowed',
    ]);
    const faults = [
      { culprit: '0xC', kind: 'leader-impersonation', count: 1 },
      { culprit: '0xA', kind: 'leader-mistake', count: 1 },
    ];
    assert.deepEqual(node.of('record-outcome').map(field('outcome')), [
      {
        from: 1n,
        to: 1n,
        result: 'execute',
        reason: null,
        leader: '0xA',
        action: 'redemption',
        startBlock: 1_000n,
        expiryBlock: 1_600n,
        faults,
        detail: '',
      },
    ]);
    assert.deepEqual(node.of('execute').map(field('execution')), [
      {
        window: 1n,
        action: 'redemption',
        payload: encodePayload(REDEMPTION),
        startBlock: 1_000n,
        expiryBlock: 1_600n,
      },
    ]);
  });

  test('checks run in order, and the first failed one counts', () => {
    const other = { coordinationBlock: 901n, keyHash: new Uint8Array(20), proposal: HEARTBEAT };
    const cases = [
      // Every row has one wrong less than the row before.
      [incoming('0xC', { senderSeat: 1, ...other }, 'x'), 'other-type'],
      [incoming('0xC', { senderSeat: 1, ...other }), 'own-seat'],
      [incoming('0xC', { senderSeat: 9, ...other }), 'seat-of-another'],
      [incoming('0xA', { senderSeat: 9, ...other }), 'other-window'],
      [incoming('0xA', { senderSeat: 9, ...other, coordinationBlock: 900n }), 'other-group'],
      [incoming('0xA', { senderSeat: 9, proposal: HEARTBEAT }), 'impersonation'],
      [incoming('0xA', { senderSeat: 3, proposal: HEARTBEAT }), 'action-not-allowed'],
    ] as const;
    const node = following();
    for (const [message, why] of cases) {
      node.give(message);
      assert.equal(node.of('dropped').at(-1)?.why, why);
    }
    assert.equal(node.of('record-fault').length, 2);
  });

  test('the transport names the sender: a forged seat accuses no member', () => {
    const node = following();
    node.give(incoming('0xZ', { senderSeat: 3 }));
    node.give(incoming('0xZ', { senderSeat: 200 }));
    node.give(incoming('0xC', { senderSeat: 0 }));
    assert.deepEqual(node.of('dropped').map(field('why')), [
      'seat-of-another',
      'seat-of-another',
      'seat-of-another',
    ]);
    assert.deepEqual(node.of('record-fault'), []);
  });

  test('a flood of impersonations is one fault with a count, stored once', () => {
    const node = following();
    const before = node.of('store-cursor').length;
    for (let i = 0; i < 1_000; i++) node.give(incoming('0xC', { senderSeat: 2 }));
    assert.equal(node.of('record-fault').length, 1);
    assert.equal(node.of('store-cursor').length, before + 1);
    node.give({ kind: 'height', height: 980n });
    assert.deepEqual(node.of('record-outcome').at(-1)?.outcome.faults, [
      { culprit: '0xC', kind: 'leader-impersonation', count: 1_000 },
      { culprit: '0xA', kind: 'leader-idleness', count: 1 },
    ]);
  });
});

test('a follower that comes late does not call a leader idle that it may have missed', () => {
  const node = nodeOf('0xB');
  openWindow(node, '0xA', 1n, 921n);
  node.give({ kind: 'height', height: windowNumber(1n).activeEnd });
  assert.deepEqual(node.of('record-fault'), []);
  const [told] = node.of('record-outcome');
  assert.equal(told?.outcome.reason, 'leader-silent');
  assert.match(told?.outcome.detail ?? '', /only from height 921/);
});
