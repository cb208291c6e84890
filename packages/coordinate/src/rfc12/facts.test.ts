import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import { FIRST_BACKOFF, tickBackoff } from '../retransmission.ts';
import { windowOf } from '../window.ts';
import { ACTIONS, actionNamed, actionNumbered, executionBlocks } from './actions.ts';
import { MAINNET_ERAS } from './eras.ts';
import { afterHeartbeat, heartbeatMessage } from './heartbeat.ts';
import { planWindow } from './plan.ts';
import { coordinationSeed, drawSeed, walletKeyHash } from './seed.ts';
import { RFC12_WINDOWS } from './windows.ts';

describe('actions', () => {
  test('numbers on the wire and validity', () => {
    assert.deepEqual(ACTIONS.map(fields('name', 'wireNumber', 'validityBlocks')), [
      ['noop', 0, null],
      ['heartbeat', 1, 600n],
      ['deposit-sweep', 2, 1200n],
      ['redemption', 3, 600n],
      ['moving-funds', 4, 650n],
      ['moved-funds-sweep', 5, 600n],
    ]);
    for (const action of ACTIONS) {
      assert.equal(actionNumbered(action.wireNumber), action);
      assert.equal(actionNamed(action.name), action);
      assert.equal(action.signingMarginBlocks, action.name === 'noop' ? null : 300n);
    }
    for (const unknown of [6, -1, 255, 1.5]) assert.equal(actionNumbered(unknown), undefined);
  });

  test('execution begins at the end of the window', () => {
    const { end } = windowOf(RFC12_WINDOWS, 1n);
    assert.deepEqual(executionBlocks('deposit-sweep', end), { startBlock: 1000n, expiryBlock: 2200n });
    assert.equal(executionBlocks('noop', end), null);
  });
});

describe('heartbeats', () => {
  test('the message begins like no transaction and depends on group and height', () => {
    const keyHash = new Uint8Array(20).fill(7);
    const message = heartbeatMessage(keyHash, 900n);
    assert.equal(message.length, 16);
    assert.deepEqual([...message.subarray(0, 8)], new Array(8).fill(255));
    assert.notDeepEqual(heartbeatMessage(keyHash, 901n), message);
    assert.notDeepEqual(heartbeatMessage(new Uint8Array(20), 900n), message);
  });

  test('an operator that is leaving changes nothing', () => {
    const verdict = { failures: 2, claim: null, undetermined: false };
    assert.deepEqual(afterHeartbeat(2, { kind: 'unstaking' }), verdict);
  });

  test('the fourth failure in a row claims again; a claim without a culprit says so', () => {
    const silent = { kind: 'signed', activeMembers: 10, inactiveSeats: [1] } as const;
    assert.deepEqual(afterHeartbeat(3, silent), { failures: 4, claim: [1], undetermined: false });
    const nobody = { ...silent, inactiveSeats: [] };
    assert.deepEqual(afterHeartbeat(2, nobody), { failures: 3, claim: null, undetermined: true });
  });

  test('a smaller group has its own threshold', () => {
    const result = { kind: 'signed', activeMembers: 3, inactiveSeats: [] } as const;
    assert.equal(afterHeartbeat(1, result, 3).failures, 0);
    assert.equal(afterHeartbeat(1, result, 4).failures, 2);
  });
});

describe('what seeds are made of', () => {
  test('other lengths are refused', () => {
    const [hash, key] = [new Uint8Array(32), new Uint8Array(20)];
    assert.throws(() => coordinationSeed(key.subarray(1), hash), /key hash must have 20 bytes; got 19/);
    assert.throws(() => coordinationSeed(key, hash.subarray(1)), /block hash must have 32 bytes; got 31/);
    assert.throws(() => walletKeyHash(hash), RangeError);
    assert.throws(() => walletKeyHash(new Uint8Array(33)), RangeError);
    assert.throws(() => walletKeyHash(new Uint8Array(65)), RangeError);
  });

  test('a compressed key has the hash of the whole one', () => {
    const whole = Buffer.from(
      '0471e30bca60f6548d7b42582a478ea37ada63b402af7b3ddd57f0c95bb6843175aa0d2053a91a050a6797d85c38f2909cb7027f2344a01986aa2f9f8ca7a0c289',
      'hex',
    );
    const compressed = Buffer.concat([Buffer.from([3]), whole.subarray(1, 33)]);
    assert.deepEqual(walletKeyHash(compressed), walletKeyHash(whole));
    compressed[0] = 2;
    assert.notDeepEqual(walletKeyHash(compressed), walletKeyHash(whole));
  });

  test('eight bytes are read as a signed integer, at any place in a buffer', () => {
    const buffer = Uint8Array.from([1, 255, 255, 255, 255, 255, 255, 255, 254, 9]);
    assert.equal(drawSeed(buffer.subarray(1)), -2n);
  });

  test('a block between windows has no plan', () => {
    const window = { ...windowOf(RFC12_WINDOWS, 1n), block: 901n };
    const group = { keyHash: new Uint8Array(20), operators: ['a'] };
    assert.throws(
      () => planWindow(group, window, new Uint8Array(32), MAINNET_ERAS),
      /invalid coordination block 901/,
    );
  });
});

test('several skipped ticks send once', () => {
  const jumped = tickBackoff(FIRST_BACKOFF, 12n);
  assert.equal(jumped.send, true);
  assert.equal(jumped.next.nextTick, 20n);
  assert.equal(tickBackoff(jumped.next, 19n).send, false);
  assert.equal(tickBackoff(FIRST_BACKOFF, 0n).send, false);
});
