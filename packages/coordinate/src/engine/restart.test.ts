import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import fc from 'fast-check';
import type { Outcome } from '../outcome.ts';
import { incoming, nodeOf, openWindow, REDEMPTION, type Rfc12Node } from '../rfc12/testing/fake-group.ts';

const proposal = { kind: 'proposal', window: 1n, attempt: 1, proposal: REDEMPTION } as const;
const results = (node: Rfc12Node) =>
  node.of('record-outcome').map(({ outcome: { result, reason } }) => reason ?? result);

describe('a restart', () => {
  test('in an open window that was not decided: it is joined again, with the faults that were seen', () => {
    const node = nodeOf('0xB');
    openWindow(node, '0xA');
    node.give(incoming('0xC', { senderSeat: 2 }));
    node.restart();
    openWindow(node, '0xA', 1n, 905n);
    node.give(incoming('0xC', { senderSeat: 2 }));
    node.give(incoming('0xA', { senderSeat: 3 }));
    // Told when it was seen, and once more because of the restart.
    assert.equal(node.of('record-fault').length, 2);
    assert.deepEqual(node.of('record-outcome')[0]?.outcome.faults, [
      { culprit: '0xC', kind: 'leader-impersonation', count: 2 },
    ]);
  });

  test('between storing a fault and reporting it: the member reports it afterwards', () => {
    const node = nodeOf('0xB');
    openWindow(node, '0xA');
    node.dieAfter(1);
    node.give(incoming('0xC', { senderSeat: 2 }));
    assert.deepEqual(node.of('record-fault'), []);
    node.give({ kind: 'height', height: 1_200n });
    assert.deepEqual(node.of('record-fault'), [
      { kind: 'record-fault', window: 1n, fault: { culprit: '0xC', kind: 'leader-impersonation' } },
    ]);
  });

  test('after the active phase of an open window: it was interrupted', () => {
    const node = nodeOf('0xB');
    openWindow(node, '0xA');
    node.give(incoming('0xC', { senderSeat: 2 }));
    node.restart();
    node.give({ kind: 'height', height: 980n });
    assert.deepEqual(results(node), ['interrupted']);
    assert.equal(node.of('record-outcome')[0]?.outcome.faults.length, 1);
    assert.equal(node.stored()?.stage, 'ended');
  });

  test('of a follower that has decided: the window does not begin again, outcome and execution are reported again', () => {
    const node = nodeOf('0xB');
    openWindow(node, '0xA');
    node.give(incoming('0xA', { senderSeat: 3 }));
    node.restart();
    const effects = node.give({ kind: 'height', height: 901n });
    assert.deepEqual(effects.map(field('kind')), ['record-outcome', 'execute']);
    node.give(incoming('0xA', { senderSeat: 3 }));
    assert.equal(node.of('dropped').at(-1)?.why, 'no-window');
  });

  test('of a leader that has sent: the same bytes again, and no second question for a proposal', () => {
    const node = nodeOf('0xA');
    openWindow(node, '0xA');
    node.give(proposal);
    node.restart();
    node.give({ kind: 'height', height: 905n });
    node.give({ kind: 'height', height: 906n });
    node.give({ kind: 'height', height: 911n });
    const sent = node.of('broadcast');
    // Once by itself, once because of the restart, then at the ticks 6 and 11.
    assert.equal(sent.length, 4);
    for (const { payload } of sent) assert.deepEqual(payload, sent[0]?.payload);
    assert.equal(node.of('generate').length, 1);
  });

  test('of a leader whose store failed half-way: what was stored is what is sent', () => {
    const node = nodeOf('0xA');
    openWindow(node, '0xA');
    node.dieAfter(1);
    node.give(proposal);
    assert.deepEqual(node.of('broadcast'), []);
    node.give({ kind: 'height', height: 901n });
    assert.equal(node.of('broadcast').length, 1);
    assert.equal(node.of('execute').length, 1);
    assert.deepEqual(results(node), ['execute']);
  });

  test('on a chain that is far behind the cursor is reported', () => {
    const node = nodeOf('0xB');
    openWindow(node, '0xA', 9n);
    node.give({ kind: 'height', height: 8_190n });
    node.restart();
    node.give({ kind: 'height', height: 950n });
    const [notice] = node.of('notice');
    assert.match(notice?.text ?? '', /window 9, but the chain at height 950 is only at window 1/);
    assert.equal(node.state().running, null);
  });

  test('after a long time: the windows that passed are one record', () => {
    const node = nodeOf('0xB');
    openWindow(node, '0xA');
    node.give(incoming('0xA', { senderSeat: 3 }));
    node.restart();
    node.give({ kind: 'height', height: 900_000_000n - 500n });
    const { from, to, reason } = node.of('record-outcome').at(-1)?.outcome ?? {};
    assert.deepEqual([from, to, reason], [2n, 999_999n, 'passed']);
  });
});

type Action =
  | 'restart'
  | 'propose'
  | 'message'
  | 'hash'
  | { readonly jump: number }
  | { readonly dieAfter: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.constantFrom<Action>('restart', 'propose', 'message', 'hash', 'hash'),
  fc.integer({ min: -30, max: 300 }).map((jump): Action => ({ jump })),
  fc.integer({ min: 0, max: 3 }).map((dieAfter): Action => ({ dieAfter })),
);

/** Do anything to a node in any order, and answer it. */
function survive(operator: string, actions: readonly Action[]): Rfc12Node {
  const node = nodeOf(operator);
  let height = 850n;
  const index = () => node.state().running?.window.index ?? 1n;
  for (const what of actions) {
    if (what === 'restart') node.restart();
    else if (what === 'propose') node.give({ ...proposal, window: index() });
    else if (what === 'message')
      node.give(incoming('0xA', { senderSeat: 3, coordinationBlock: index() * 900n }));
    else if (what === 'hash') openWindow(node, '0xA', index(), height);
    else if ('jump' in what) {
      height += BigInt(what.jump);
      node.give({ kind: 'height', height: height > 0n ? height : 1n });
    } else node.dieAfter(what.dieAfter);
  }
  return node;
}

describe('under any faults', () => {
  for (const operator of ['0xA', '0xB']) {
    test(`${operator}: one outcome and one message for each window, and only reported actions run`, () => {
      fc.assert(
        fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
          const node = survive(operator, actions);
          const told = new Map<bigint, Outcome>();
          for (const { outcome } of node.of('record-outcome')) {
            for (let i = outcome.from; i <= outcome.to; i++) {
              assert.deepEqual(outcome, told.get(i) ?? outcome, `window ${i} has two outcomes`);
              told.set(i, outcome);
            }
          }
          const sent = new Map<bigint, string>();
          for (const { window, payload } of node.of('broadcast')) {
            const text = Buffer.from(payload).toString('hex');
            assert.equal(sent.get(window) ?? text, text, `window ${window} has two messages`);
            sent.set(window, text);
          }
          for (const { execution } of node.of('execute')) {
            assert.ok(execution.startBlock === execution.window * 900n + 100n);
          }
        }),
        { numRuns: 300 },
      );
    });
  }
});
