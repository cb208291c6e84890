// The expectations of keep-core's own tests (pkg/tbtc/coordination_test.go,
// pkg/net/retransmission/strategy_test.go, pkg/tbtc/heartbeat_test.go, pkg/tbtcpg/heartbeat_test.go): the
// numbers are theirs.

import assert from 'node:assert/strict';
import { createECDH, createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { goRandom } from '../go-random/index.ts';
import { FIRST_BACKOFF, tickBackoff } from '../retransmission.ts';
import { windowIndex, windowOf } from '../window.ts';
import type { ActionName } from './actions.ts';
import { actionsChecklist, heartbeatDraw } from './checklist.ts';
import { eraAt, MAINNET_ERAS } from './eras.ts';
import { afterHeartbeat, heartbeatDigest, heartbeatMessage } from './heartbeat.ts';
import { shuffledOperators } from './leader.ts';
import { planWindow, safeBlock } from './plan.ts';
import { coordinationSeed, drawSeed, walletKeyHash } from './seed.ts';
import { RFC12_WINDOWS } from './windows.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');

const PUBLIC_KEY = bytes(
  '0471e30bca60f6548d7b42582a478ea37ada63b402af7b3ddd57f0c95bb6843175aa0d2053a91a050a6797d85c38f2909cb7027f2344a01986aa2f9f8ca7a0c289',
);
const KEY_HASH = 'aa768412ceed10bd423c025542ca90071f9fb62d';

test('the key hash of a wallet', () => {
  assert.equal(hex(walletKeyHash(PUBLIC_KEY)), KEY_HASH);
});

test('the seed of a window', () => {
  const blockHash = bytes('1322996cbcbc38fc924a46f4df5f9064279d3ab43396e58386dac9b87440d64f');
  assert.equal(
    hex(coordinationSeed(bytes(KEY_HASH), blockHash)),
    'e55c779d6d83183409ddc90c6cd5130567f0593349a9c82494b402048ec2d03d',
  );
});

test('the leader among ten seats of seven operators', () => {
  const operators = [
    '957ECF59507a6A74b8d98747f07a74De270D3CC3',
    '5E14c0f27612fbfB7A6FE40b5A6Ec997fA62fc04',
    'D2662604f8b4540336fBd3c1F48d7e9cdFbD079c',
    '7CBD87ABC182216A7Aa0E8d19aA21abFA2511383',
    'FAc73b03884d94a08a5c6c7BB12Ac0b20571F162',
    '705C76445651530fe0D25eeE287b6164cE2c7216',
    '7CBD87ABC182216A7Aa0E8d19aA21abFA2511383',
    '405ad1f632b49A0617fbdc1fD427aF54BA9Bb3dd',
    '7CBD87ABC182216A7Aa0E8d19aA21abFA2511383',
    '5E14c0f27612fbfB7A6FE40b5A6Ec997fA62fc04',
  ];
  const seed = bytes('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08');
  const order = shuffledOperators(seed, operators);
  assert.equal(order[0], 'D2662604f8b4540336fBd3c1F48d7e9cdFbD079c');
  assert.deepEqual([...order].sort(), [...new Set(operators)].sort());
});

test('the window of block 900 for a wallet whose operators have the private keys 1, 2 and 3', () => {
  const operator = (privateKey: number) => {
    const key = createECDH('secp256k1');
    key.setPrivateKey(Buffer.from(privateKey.toString(16).padStart(64, '0'), 'hex'));
    return key.getPublicKey('hex');
  };
  const [one, two, three] = [operator(1), operator(2), operator(3)];
  const group = {
    keyHash: walletKeyHash(PUBLIC_KEY),
    operators: [two, three, one, one, three, two, two, three, one, one],
  };
  const window = windowOf(RFC12_WINDOWS, 1n);
  assert.equal(safeBlock(window), 868n);
  const blockHash = bytes('1422996cbcbc38fc924a46f4df5f9064279d3ab43396e58386dac9b87440d64f');
  const plan = planWindow(group, window, blockHash, MAINNET_ERAS);
  assert.equal(plan.leader, two);
  assert.equal(plan.leaderSeat, 1);
  assert.equal(plan.checklist[0], 'redemption');
});

/**
 * Any seed will do for a checklist: theirs is the hash of the block's number plus two, in as few bytes as it
 * fits.
 */
function seedOfBlock(block: bigint): Uint8Array {
  const digits = (block + 2n).toString(16);
  return createHash('sha256')
    .update(bytes(digits.padStart(digits.length + (digits.length % 2), '0')))
    .digest();
}

const SWEEPS: readonly ActionName[] = ['deposit-sweep', 'moved-funds-sweep'];
const EVERY_FOURTH: readonly ActionName[] = ['redemption', ...SWEEPS, 'moving-funds'];
const CHECKLISTS: readonly (readonly [bigint, readonly ActionName[]])[] = [
  [0n, []],
  [900n, ['redemption']],
  [901n, []],
  [1800n, ['redemption']],
  [2700n, ['redemption']],
  [3600n, [...EVERY_FOURTH, 'heartbeat']],
  [4500n, ['redemption']],
  [5400n, ['redemption']],
  [6300n, ['redemption']],
  [7200n, EVERY_FOURTH],
  [8100n, ['redemption']],
  [9000n, ['redemption']],
  [9900n, ['redemption']],
  [10800n, EVERY_FOURTH],
  [11700n, ['redemption']],
  [12600n, ['redemption']],
  [13500n, ['redemption']],
  [14400n, EVERY_FOURTH],
  // From height 24559289 on sweeps come in every window.
  [24560100n, ['redemption', ...SWEEPS]],
  [24561000n, ['redemption', ...SWEEPS]],
  [24561900n, ['redemption', ...SWEEPS]],
  [24562800n, EVERY_FOURTH],
  [24563700n, ['redemption', ...SWEEPS]],
  [24566400n, EVERY_FOURTH],
  [24579000n, ['redemption', ...SWEEPS, 'heartbeat']],
  [24588000n, [...EVERY_FOURTH, 'heartbeat']],
];

describe('checklists', () => {
  for (const [block, expected] of CHECKLISTS) {
    test(`of block ${block}`, () => {
      const draw = heartbeatDraw(goRandom(drawSeed(seedOfBlock(block))));
      const index = windowIndex(RFC12_WINDOWS, block);
      assert.deepEqual(actionsChecklist(eraAt(MAINNET_ERAS, block), index, draw), expected);
    });
  }
});

test('a message is sent again at these ticks of the first hundred', () => {
  let backoff = FIRST_BACKOFF;
  const sent: bigint[] = [];
  for (let tick = 1n; tick <= 100n; tick++) {
    const { send, next } = tickBackoff(backoff, tick);
    if (send) sent.push(tick);
    backoff = next;
  }
  assert.deepEqual(sent, [1n, 3n, 6n, 11n, 20n, 37n, 70n]);
});

describe('heartbeats', () => {
  test('the digest that is signed', () => {
    assert.equal(
      hex(heartbeatDigest(bytes('ffffffffffffffff0000000000000001'))),
      '38d30dacec5083c902952ce99fc0287659ad0b1ca2086827a8e78b0bef2c8bc1',
    );
  });

  test('the message of a wallet at block 900', () => {
    const keyHash = Uint8Array.from([1, 2, ...new Array<number>(18).fill(0)]);
    assert.equal(hex(heartbeatMessage(keyHash, 900n)), 'ffffffffffffffffe0d75aecd29e5bca');
  });

  test('enough members: the count of failures begins anew', () => {
    const result = { kind: 'signed', activeMembers: 70, inactiveSeats: [3] } as const;
    assert.deepEqual(afterHeartbeat(1, result), { failures: 0, claim: null, undetermined: false });
  });

  test('too few: one failure more, and no claim yet', () => {
    const result = { kind: 'signed', activeMembers: 69, inactiveSeats: [3] } as const;
    assert.deepEqual(afterHeartbeat(0, result), { failures: 1, claim: null, undetermined: false });
  });

  test('the third in a row: a claim against those who were silent', () => {
    const result = { kind: 'signed', activeMembers: 69, inactiveSeats: [3, 9] } as const;
    assert.deepEqual(afterHeartbeat(2, result), { failures: 3, claim: [3, 9], undetermined: false });
  });

  test('a signing that failed is not counted', () => {
    assert.deepEqual(afterHeartbeat(2, { kind: 'signing-failed' }), {
      failures: 2,
      claim: null,
      undetermined: false,
    });
  });
});
