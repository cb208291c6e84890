import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRfc12Group, rfc12GroupSchema } from './group-file.ts';

const ONE = '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf';
const TWO = '0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF';
const GENERATOR = '0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const DOCUMENT = {
  format: 'watchbill/rfc12-group/1',
  name: 'demo',
  genesis: `0x${'91'.repeat(32)}`,
  wallet: GENERATOR,
  operators: [ONE, TWO, ONE],
  addresses: { [ONE]: ['/ip4/127.0.0.1/tcp/7400'] },
  practiceScale: 20,
};

function problemsOf(changes: object): readonly string[] {
  const read = readRfc12Group(rfc12GroupSchema.parse({ ...DOCUMENT, ...changes }));
  return read.ok ? [] : read.problems.map(({ path, what }) => `${path.join('.')}: ${what}`);
}

test('a group file becomes a group, its operators as text, its channel and its times', () => {
  const read = readRfc12Group(rfc12GroupSchema.parse(DOCUMENT));
  assert.ok(read.ok);
  const { file } = read;
  assert.deepEqual(file.operators, [TWO, ONE]);
  assert.deepEqual(file.addresses, [[], ['/ip4/127.0.0.1/tcp/7400']]);
  assert.equal(file.times.windows.frequencyBlocks, 45n);
  assert.match(file.channel, /^tbtc-0479be667e[0-9a-f]{120}-coordination$/);
  // RIPEMD-160 of SHA-256 of the generator: the best known key hash of Bitcoin.
  const hash = Buffer.from(file.group.keyHash).toString('hex');
  assert.equal(hash, '751e76e8199196d454941c45d1b3a323f1433bd6');
});

test('mistakes are named with their place', () => {
  assert.match(
    problemsOf({ operators: [ONE.toLowerCase()], addresses: {} })[0] ?? '',
    /^operators\.0: .*wrong checksum/,
  );
  assert.match(
    problemsOf({ addresses: { [`0x${'1'.repeat(40)}`]: [] } })[0] ?? '',
    /^addresses\..*not the operator of a seat/,
  );
  assert.match(problemsOf({ wallet: `0x02${'ff'.repeat(32)}` })[0] ?? '', /^wallet: .*expected a public key/);
  assert.match(problemsOf({ operators: [], addresses: {} })[0] ?? '', /^operators: .*1 to 255 seats/);
  assert.deepEqual(problemsOf({}), []);
});

test('a file of another shape is refused', () => {
  for (const changes of [
    { format: 'watchbill/group/1' },
    { practiceScale: 3 },
    { operators: ['0x12'] },
    { wallet: '02' },
    { era: '1999' },
    { windows: {} },
  ])
    assert.equal(
      rfc12GroupSchema.safeParse({ ...DOCUMENT, ...changes }).success,
      false,
      JSON.stringify(changes),
    );
});
