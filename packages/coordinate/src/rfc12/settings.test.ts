import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeNode } from '../engine/testing/fake-node.ts';
import { MAINNET_ERAS } from './eras.ts';
import { memberOf, type Rfc12Settings } from './member.ts';
import { plannerFor, safeBlock } from './plan.ts';
import { rfc12Rules } from './rules.ts';
import {
  GROUP,
  hashForLeader,
  incoming,
  openWindow,
  REDEMPTION,
  type Rfc12Node,
} from './testing/fake-group.ts';
import { PRACTICE_SCALES, RFC12_WINDOWS, rfc12Times } from './windows.ts';

function nodeWith(operator: string, settings: Partial<Rfc12Settings>): Rfc12Node {
  const member = memberOf(GROUP, operator, MAINNET_ERAS);
  return fakeNode(rfc12Rules({ ...member, settings: { ...member.settings, ...settings } }));
}

test('a scale divides every count of blocks, and 1 divides none', () => {
  assert.deepEqual(rfc12Times().windows, RFC12_WINDOWS);
  const twenty = rfc12Times(20);
  assert.deepEqual(twenty.windows, { frequencyBlocks: 45n, activeBlocks: 4n, passiveBlocks: 1n });
  assert.equal(twenty.safeBlockShift, 2n);
  for (const scale of PRACTICE_SCALES) {
    const { windows } = rfc12Times(scale);
    assert.equal(windows.frequencyBlocks * BigInt(scale), 900n);
    assert.equal((windows.activeBlocks + windows.passiveBlocks) * BigInt(scale), 100n);
  }
  for (const wrong of [0, 3, 0.5, 40, -1]) assert.throws(() => rfc12Times(wrong), RangeError);
});

test('a scaled member opens its window, reads the scaled safe block, and runs for the scaled validity', () => {
  const times = rfc12Times(20);
  const node = nodeWith('0xA', { times });
  const first = node.give({ kind: 'height', height: 45n });
  const asked = first.find(({ kind }) => kind === 'read-inputs');
  assert.deepEqual(asked?.kind === 'read-inputs' && asked.asks, [{ kind: 'block-hash', height: 43n }]);
  const window = { index: 1n, block: 45n, activeEnd: 49n, end: 50n };
  assert.equal(safeBlock(window, times), 43n);
  const hash = hashForLeader('0xB');
  const plan = plannerFor(GROUP, MAINNET_ERAS, times)(window, hash);
  node.give({ kind: 'inputs', window: 1n, inputs: [hash] });
  const effects = node.give(incoming(plan.leader, { senderSeat: plan.leaderSeat, coordinationBlock: 45n }));
  const outcome = effects.find(({ kind }) => kind === 'record-outcome');
  assert.ok(outcome?.kind === 'record-outcome');
  const { result, startBlock, expiryBlock } = outcome.outcome;
  assert.deepEqual([result, startBlock, expiryBlock], ['execute', 50n, 80n]);
});

for (const { retransmission, repeats } of [
  { retransmission: 'backoff', repeats: [901n, 903n, 906n, 911n] },
  { retransmission: 'standard', repeats: [901n, 902n, 903n, 904n, 905n, 906n, 907n, 908n, 909n, 910n, 911n] },
] as const) {
  test(`${retransmission}: a leader repeats the same bytes at ${repeats.length} of 11 blocks`, () => {
    const node = nodeWith('0xA', { retransmission });
    openWindow(node, '0xA');
    const [sent] = node
      .give({ kind: 'proposal', window: 1n, attempt: 1, proposal: REDEMPTION })
      .filter(({ kind }) => kind === 'broadcast');
    assert.ok(sent?.kind === 'broadcast' && !sent.again);
    const heard: bigint[] = [];
    for (let height = 901n; height <= 911n; height++)
      for (const effect of node.give({ kind: 'height', height }))
        if (effect.kind === 'broadcast') {
          assert.ok(effect.again);
          assert.deepEqual(effect.payload, sent.payload);
          heard.push(height);
        }
    assert.deepEqual(heard, repeats);
    const after = node.give({ kind: 'height', height: 980n });
    assert.ok(!after.some(({ kind }) => kind === 'broadcast'), 'none after the active phase');
  });
}

test('a leader obeys any size limit of its transport', () => {
  const redemption = { ...REDEMPTION, redeemerOutputScripts: [new Uint8Array(20_000)] } as const;
  for (const { maxMessageBytes, isSent } of [
    { maxMessageBytes: 16 * 1024, isSent: false },
    { maxMessageBytes: 32 * 1024, isSent: true },
  ]) {
    const node = nodeWith('0xA', { maxMessageBytes });
    openWindow(node, '0xA');
    const effects = node.give({ kind: 'proposal', window: 1n, attempt: 1, proposal: redemption });
    assert.equal(
      effects.some(({ kind }) => kind === 'broadcast'),
      isSent,
    );
    assert.equal(
      effects.some(({ kind }) => kind === 'execute'),
      isSent,
      'it acts only on a message that it sent',
    );
  }
});
