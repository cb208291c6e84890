import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFake } from '../testing/run-coordinate.ts';
import { ERA_NAMES } from './explain-command.ts';
import { ERA_NAMES as KNOWN_ERAS } from './rfc12-inputs.ts';

const settings = { cwd: '/' };
const OPERATORS = [
  '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf',
  '0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF',
  '0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69',
];
const FLAGS = {
  '--profile': 'rfc12',
  '--block': '3600',
  '--block-hash': '0x1422996cbcbc38fc924a46f4df5f9064279d3ab43396e58386dac9b87440d64f',
  '--wallet': 'aa768412ceed10bd423c025542ca90071f9fb62d',
  '--operators': [OPERATORS[0], OPERATORS[1], OPERATORS[0], OPERATORS[2]].join(', '),
};

function explain(changes: Readonly<Record<string, string>> = {}, ...more: readonly string[]) {
  const flags = Object.entries({ ...FLAGS, ...changes }).flat();
  return runFake(['coordinate', 'explain', ...flags, ...more], settings);
}

test('every value on the way to the leader and the checklist, for programs', async () => {
  const { code, stdout } = await explain({}, '--json');
  assert.equal(code, 0);
  const told = JSON.parse(stdout);
  assert.deepEqual(told.window, { index: '4', block: '3600', activeEnd: '3680', end: '3700' });
  assert.equal(told.seed.safeBlock, '3568');
  assert.equal(told.draws.firstBytes, told.seed.seed.slice(0, 18));
  assert.equal(BigInt.asUintN(64, BigInt(told.draws.drawSeed)), BigInt(told.draws.firstBytes));
  const order = [...told.leader.sorted];
  for (const { i, j } of told.draws.swaps) [order[i], order[j]] = [order[j], order[i]];
  assert.deepEqual(order, told.leader.shuffled);
  assert.deepEqual(told.leader.sorted, [OPERATORS[1], OPERATORS[2], OPERATORS[0]]);
  assert.equal(told.leader.operator, OPERATORS[2]);
  assert.deepEqual(told.leader.seats, [4]);
  assert.deepEqual(told.checklist.actions, [
    'redemption',
    'deposit-sweep',
    'moved-funds-sweep',
    'moving-funds',
  ]);
  assert.deepEqual(told.checklist.executions[1], {
    action: 'deposit-sweep',
    startBlock: '3700',
    expiryBlock: '4900',
  });
});

test('the same for people', async () => {
  const { code, stdout } = await explain();
  assert.equal(code, 0);
  assert.match(stdout, /^window +4: blocks 3600 to 3700, messages before 3680\n/);
  assert.match(
    stdout,
    /^leader +0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69, seats 4; sends through seat 4$/m,
  );
  assert.match(stdout, /^checklist +redemption, deposit-sweep, moved-funds-sweep, moving-funds; or a noop$/m);
});

test('a public key stands for its hash, and an era for the one that the height has', async () => {
  const key =
    '0471e30bca60f6548d7b42582a478ea37ada63b402af7b3ddd57f0c95bb6843175aa0d2053a91a050a6797d85c38f2909cb7027f2344a01986aa2f9f8ca7a0c289';
  const told = JSON.parse((await explain({ '--wallet': key }, '--json', '--era', '2023-11')).stdout);
  assert.equal(told.seed.keyHash, '0xaa768412ceed10bd423c025542ca90071f9fb62d');
  assert.equal(told.checklist.era, '2023-11');
  assert.ok(!told.checklist.actions.includes('deposit-sweep'));
});

test('a wrong input is refused with its flag', async () => {
  const wrong: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ '--profile': 'other' }, /flag --profile/],
    [{ '--block': '901' }, /no window begins[\s\S]*flag --block\n[\s\S]*multiple of 900/],
    [{ '--block': '0' }, /flag --block\n/],
    [{ '--block': '1e3' }, /flag --block\n/],
    [{ '--block-hash': '0x12' }, /32 bytes, not 1[\s\S]*flag --block-hash/],
    [{ '--block-hash': 'xyz' }, /hexadecimal[\s\S]*flag --block-hash/],
    [{ '--wallet': 'aa'.repeat(21) }, /flag --wallet/],
    [{ '--operators': 'a,,b' }, /seat 2[\s\S]*flag --operators/],
    [{ '--era': '1999' }, /flag --era/],
  ];
  for (const [changes, pattern] of wrong) {
    const { code, stdout, stderr } = await explain(changes);
    assert.equal(code, 2, JSON.stringify(changes));
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
  }
});

test('the eras that --help names are those that there are', () => {
  assert.deepEqual(ERA_NAMES, KNOWN_ERAS);
});
