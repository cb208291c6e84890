import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ACTION_CODES } from './actions.ts';
import { decodeFrame, FRAME_LIMITS } from './frame.ts';

const HASH = `0x${'ab'.repeat(32)}`;
const SYSTEM = {
  cpu: 'EPYC',
  memory: 25_276_502_016,
  core_count: 2,
  linux_kernel: '6.1',
  linux_distro: 'Debian',
};
const SCORES = { cpu_hashrate_score: 1_000, memory_memcpy_score: 12_000, disk_sequential_write_score: 900 };
const BLOCK = [12, HASH, 6_000, 1_700_000_000_000, 31];
const DETAILS = ['a node', 'Parity Polkadot', '1.19.0', null, '12D3KooWabc', '192.0.2.7', SYSTEM];
const NODE = [
  3,
  DETAILS,
  [40, 2],
  [[571_515]],
  [[1.5], [2], [1_700_000_000_000]],
  BLOCK,
  [52.5, 13.4, 'Berlin'],
  5,
  SCORES,
];

function actionsOf(...parts: readonly unknown[]) {
  const frame = decodeFrame(JSON.stringify(parts));
  assert.ok(frame.ok, 'the frame is read');
  return frame;
}

function without(list: readonly unknown[], count: number): readonly unknown[] {
  return list.slice(0, list.length - count);
}

test('every action of the feed is read as the server writes it', () => {
  const payloads: readonly (readonly [number, unknown, object])[] = [
    [0, 32, { kind: 'feed-version', version: 32 }],
    [1, [9, 5, 6_000], { kind: 'best-block', height: 9, atMs: 5, averageBlockTimeMs: 6_000 }],
    [2, [9, HASH], { kind: 'best-finalised', height: 9, hash: HASH }],
    [4, 7, { kind: 'removed-node', id: 7 }],
    [
      5,
      [7, 52.5, 13.4, 'Berlin'],
      { kind: 'located-node', id: 7, location: { latitude: 52.5, longitude: 13.4, city: 'Berlin' } },
    ],
    [
      6,
      [7, BLOCK],
      {
        kind: 'imported-block',
        id: 7,
        block: { height: 12, hash: HASH, blockTimeMs: 6_000, atMs: 1_700_000_000_000, propagationMs: 31 },
      },
    ],
    [7, [7, 10, HASH], { kind: 'finalised-block', id: 7, height: 10, hash: HASH }],
    [8, [7, [40, 2]], { kind: 'node-stats', id: 7, stats: { peers: 40, transactions: 2 } }],
    [
      9,
      [7, [[1], [2], [3]]],
      { kind: 'hardware', id: 7, hardware: { upload: [1], download: [2], stampsMs: [3] } },
    ],
    [10, 1_700_000_000_000, { kind: 'time-sync', atMs: 1_700_000_000_000 }],
    [
      11,
      ['Polkadot', HASH, 900],
      { kind: 'added-chain', label: 'Polkadot', genesisHash: HASH, nodeCount: 900 },
    ],
    [12, HASH, { kind: 'removed-chain', genesisHash: HASH }],
    [13, HASH.toUpperCase().replace('0X', '0x'), { kind: 'subscribed-to', genesisHash: HASH }],
    [14, HASH, { kind: 'unsubscribed-from', genesisHash: HASH }],
    [15, 'hello', { kind: 'pong', text: 'hello' }],
    [20, 7, { kind: 'stale-node', id: 7 }],
    [21, [7, [[571_515]]], { kind: 'node-io', id: 7, io: { stateCacheBytes: [571_515] } }],
    [
      22,
      { version: { list: [['1.19.0', 4]], other: 0, unknown: 1 } },
      { kind: 'chain-stats', stats: { version: { list: [['1.19.0', 4]], other: 0, unknown: 1 } } },
    ],
  ];
  for (const [code, payload, expected] of payloads)
    assert.deepEqual(actionsOf(code, payload).actions, [expected]);
  const tested = [...payloads.map(([code]) => code), 3].sort((a, b) => a - b);
  assert.deepEqual(
    tested,
    Object.values(ACTION_CODES).sort((a, b) => a - b),
  );
});

test('a node is read in full, also from a server that hides or lacks some fields', () => {
  const [full] = actionsOf(3, NODE).actions;
  assert.ok(full?.kind === 'added-node');
  assert.deepEqual(full.details, {
    ...{ name: 'a node', implementation: 'Parity Polkadot', version: '1.19.0', validatorAddress: null },
    ...{ networkId: '12D3KooWabc', ip: '192.0.2.7' },
    systemInfo: {
      ...{
        cpu: 'EPYC',
        memoryBytes: 25_276_502_016,
        coreCount: 2,
        linuxKernel: '6.1',
        linuxDistro: 'Debian',
      },
      isVirtualMachine: null,
    },
  });
  assert.deepEqual([full.id, full.stats, full.startedAtMs], [3, { peers: 40, transactions: 2 }, 5]);
  assert.deepEqual(full.location, { latitude: 52.5, longitude: 13.4, city: 'Berlin' });
  assert.deepEqual(full.benchmark, {
    ...{ cpuHashrate: 1_000, memoryCopy: 12_000, diskSequentialWrite: 900, diskRandomWrite: null },
  });
  const hidden = [
    ...NODE.slice(0, 1),
    [...DETAILS.slice(0, 3), '', null, null, null],
    ...NODE.slice(2, 6),
    null,
    null,
    null,
  ];
  const old = [...NODE.slice(0, 1), without(DETAILS, 2), ...NODE.slice(2, 8)];
  const later = [...NODE.slice(0, 1), [...DETAILS, 'more'], ...NODE.slice(2), 'more'];
  const read = actionsOf(3, hidden, 3, old, 3, later).actions.map(
    (node) => node.kind === 'added-node' && node,
  );
  assert.deepEqual(
    read.map(
      (node) =>
        node && [
          node.details.validatorAddress,
          node.details.networkId,
          node.details.ip,
          node.benchmark?.memoryCopy,
        ],
    ),
    [
      [null, null, null, undefined],
      [null, '12D3KooWabc', null, undefined],
      [null, '12D3KooWabc', '192.0.2.7', 12_000],
    ],
  );
});

test('a node is read by its id, name, version and keys: an odd value elsewhere is null and does not hide it', () => {
  const odd: readonly (readonly [at: number, value: unknown])[] = [
    ...([
      [2, [-1, 0]],
      [2, null],
      [3, [['x']]],
      [4, 5],
      [5, [12, '0x12', 1, 1, 1]],
    ] as const),
    ...([
      [6, ['52', 13, 'Berlin']],
      [7, -5],
      [8, { cpu_hashrate_score: 1.5 }],
      [8, 'fast'],
    ] as const),
    [1, [...DETAILS.slice(0, 5), 7, SYSTEM]],
    [1, [...DETAILS.slice(0, 6), { cpu: 'x'.repeat(300) }]],
    [1, [...DETAILS.slice(0, 6), { memory: 1.5 }]],
    [1, [DETAILS[0], 'x'.repeat(300), ...DETAILS.slice(2)]],
  ];
  for (const [at, value] of odd) {
    const frame = actionsOf(3, NODE.with(at, value as never));
    const [node] = frame.actions;
    assert.ok(node?.kind === 'added-node', JSON.stringify(value));
    assert.deepEqual([node.id, node.details.name, node.details.version], [3, 'a node', '1.19.0']);
    assert.equal(node.details.networkId, '12D3KooWabc');
    const fields = [node.details, node.stats, node.io, node.hardware, node.block, node.location] as const;
    const read = [...fields, node.startedAtMs, node.benchmark];
    if (at > 1) assert.equal(read[at - 1], null, JSON.stringify(value));
  }
  for (const missing of [
    [3, ['a node']],
    [3, [null, ...DETAILS.slice(1)]],
    ['3', DETAILS],
  ])
    assert.equal(actionsOf(3, missing).malformedCount, 1);
});

test('text and the same text as bytes are one', () => {
  const text = JSON.stringify([4, 1, 3, NODE]);
  assert.deepEqual(decodeFrame(Buffer.from(text)), decodeFrame(text));
});

test('unknown codes and malformed payloads are skipped and counted, and the rest of the frame is kept', () => {
  const bad = [
    ...[3, [1, ['x'.repeat(257), ...DETAILS.slice(1)], ...NODE.slice(2)]],
    ...[3, [1, ['\ud800', ...DETAILS.slice(1)], ...NODE.slice(2)]],
    ...[4, -1, 4, 1.5, 4, '1', 4, null, 13, '0x12', 20, 2 ** 60],
    ...[9, [1, [Array(65).fill(1), [], []]]],
  ];
  const frame = actionsOf(4, 1, 16, {}, ...bad, 99, null, 20, 2);
  assert.deepEqual(frame.actions, [
    { kind: 'removed-node', id: 1 },
    { kind: 'stale-node', id: 2 },
  ]);
  assert.deepEqual([frame.unknownCount, frame.malformedCount], [2, bad.length / 2]);
});

test('bytes that are not a frame are refused as a whole', () => {
  const refusalOf = (message: string | Uint8Array) => {
    const frame = decodeFrame(message);
    return frame.ok ? null : frame.refusal;
  };
  assert.equal(refusalOf(''), 'not-json');
  assert.equal(refusalOf('[4,1'), 'not-json');
  assert.equal(refusalOf('null'), 'not-json');
  assert.equal(refusalOf('{"4":1}'), 'not-a-frame');
  assert.equal(refusalOf('[4]'), 'not-a-frame');
  assert.equal(refusalOf('["4",1]'), 'not-a-frame');
  assert.equal(refusalOf('[-4,1]'), 'not-a-frame');
  assert.equal(refusalOf(Uint8Array.of(0x5b, 0xff, 0x5d)), 'not-utf-8');
  assert.equal(refusalOf(`[${'4,1,'.repeat(FRAME_LIMITS.actions)}4,1]`), 'too-large');
  assert.equal(refusalOf(' '.repeat(FRAME_LIMITS.bytes + 1)), 'too-large');
  assert.equal(refusalOf('['.repeat(200_000)), 'not-json');
  assert.equal(refusalOf(`[4,${'['.repeat(200_000)}${']'.repeat(200_000)}]`), null);
  assert.equal(refusalOf('[]'), null);
});

test('no message makes it throw', () => {
  const code = fc.oneof(fc.constantFrom(...Object.values(ACTION_CODES)), fc.integer());
  const frames = fc.array(fc.tuple(code, fc.jsonValue())).map((parts) => JSON.stringify(parts.flat(1)));
  const cut = fc.tuple(
    fc.constant(JSON.stringify([3, NODE, 4, 1])),
    fc.nat(400),
    fc.string({ maxLength: 3 }),
  );
  const broken = cut.map(([text, index, other]) => text.slice(0, index) + other + text.slice(index + 1));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), frames, broken, fc.uint8Array()), (message) => {
      const frame = decodeFrame(message);
      return frame.ok ? frame.actions.length <= FRAME_LIMITS.actions : frame.refusal.length > 0;
    }),
    { numRuns: 1_000 },
  );
});
