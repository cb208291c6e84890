import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import type { RawHeader } from '../header/header.ts';
import { AURA_KEY, auraBlock, connectedNode, type FakeAnswer } from '../testing/index.ts';
import { authoredBlock } from './authored.ts';
import { followBlocks } from './follow-blocks.ts';

// Block 64 of a development chain of one validator, as `chain_getHeader` gave it.
const HASH = '0x6741f1202ef7432b7074fd96f709055e3e8a79de08a12c8127159632915842c1';
const ALICE = '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';
const BOB = '0x8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48';
const CLAIM =
  '0x0642414245b50103000000000b44006b000000004483fa1344de824bf2dc0bcea388ded946773069f10059ca6452c172cbbcb54b694739d60a7f21cb4045cef3b9708a4ca4a71dc01dd8cd6f083c48b003aef30998e460256c92a4eb058154123ef8a6f5406cd1366033351d3df5cd1bb18beb0f';
const SEAL =
  '0x05424142450101f22692932f00ef7db221c9bda390b1cc26dc1a880a77a6ab423fd9067b823c350512b98b6ffc03d9cc088c11a3fc25b7aad853e9f32809870e857612d6925582';
const HEADER: RawHeader = {
  parentHash: '0x88f5cedce5c1baeb1073462b27865101353b4dcf8a1cc0457767164a584a34b3',
  number: '0x40',
  stateRoot: '0x3994a0370ecf4d8971e0858edbf3cc8299179d575370611e2e43f96dd15c2bf4',
  extrinsicsRoot: '0xb4af50c56ddb0334abfce55aa092fa4011bea0c6b793df980a335ba89cc30e73',
  digest: { logs: [CLAIM, SEAL] },
};
const BLOCK = { duty: 'babe', key: ALICE, slot: 1_795_179_531n, relayParent: null, number: 64, hash: HASH };

/** `BabeApi_current_epoch` with one authority. */
const epochOf = (key: string): string =>
  `0x${'00'.repeat(24)}04${key.slice(2)}${'01'.padEnd(16, '0')}${'00'.repeat(32)}${'00'.repeat(16)}00`;

interface Stage {
  /** The authority by the state of a block. */
  readonly authority: (at: unknown) => string;
  readonly answers?: Readonly<Record<string, FakeAnswer>>;
}

async function stage(t: TestContext, { authority, answers }: Stage) {
  const { fake, node } = await connectedNode(t, {
    state_call: ([api, , at]) => {
      assert.equal(api, 'BabeApi_current_epoch');
      return epochOf(authority(at));
    },
    chain_getBlockHash: () => HASH,
    chain_getHeader: ([hash]) => (hash === HASH ? HEADER : null),
    chain_subscribeAllHeads: () => null,
    ...answers,
  });
  let gaps = 0;
  const follow = (of = node) =>
    followBlocks(of, () => {
      gaps += 1;
    });
  return { fake, node, follow, gaps: () => gaps };
}

test('the author is the authority whose seal it is, and the digest is the hash without the seal', async (t) => {
  const { node } = await stage(t, { authority: () => ALICE });
  const { digest, parentHash, ...block } = (await authoredBlock(node, HEADER)) ?? assert.fail('no author');
  assert.deepEqual(block, BLOCK);
  assert.equal(parentHash, HEADER.parentHash);
  assert.match(digest, /^0x[0-9a-f]{64}$/);
  assert.notEqual(digest, HASH);
});

test('the first block of an epoch: the authorities by the state of that block count too', async (t) => {
  const { node } = await stage(t, { authority: (at) => (at === HASH ? ALICE : BOB) });
  assert.equal((await authoredBlock(node, HEADER))?.key, ALICE);
});

test('a seal that no authority made names no author', async (t) => {
  const { node } = await stage(t, { authority: () => BOB });
  assert.equal(await authoredBlock(node, HEADER), null);
  const right = await stage(t, { authority: () => ALICE });
  for (const changed of [
    { ...HEADER, stateRoot: HEADER.parentHash },
    { ...HEADER, digest: { logs: [CLAIM, `${SEAL.slice(0, -2)}83`] } },
    { ...HEADER, digest: { logs: [CLAIM] } },
    { ...HEADER, digest: { logs: [CLAIM, SEAL, SEAL] } },
  ])
    assert.equal(await authoredBlock(right.node, changed), null);
});

test('each block comes until it is taken, and once', async (t) => {
  const { follow, fake, gaps } = await stage(t, { authority: () => ALICE });
  const blocks = follow();
  const first = await blocks.next();
  assert.deepEqual(first.map(field('hash')), [HASH]);
  assert.deepEqual(await blocks.next(), first, 'the service did not take it');
  blocks.taken(first);
  assert.deepEqual(await blocks.next(), []);
  // The subscription shows it once more: it was seen.
  fake.publish('chain_subscribeAllHeads', HEADER);
  assert.deepEqual(await blocks.next(), []);
  assert.equal(gaps(), 0);
  fake.hangUp();
  const untilMs = Date.now() + 20_000;
  while (gaps() === 0 && Date.now() < untilMs) await blocks.next().catch(() => undefined);
  assert.equal(gaps(), 1, 'the connection was lost');
});

test('a block of a fork comes by the subscription; without subscriptions the best chain remains', async (t) => {
  const best: FakeAnswer = () => null;
  const forked = await stage(t, { authority: () => ALICE, answers: { chain_getBlockHash: best } });
  const blocks = forked.follow();
  assert.deepEqual(await blocks.next(), []);
  forked.fake.publish('chain_subscribeAllHeads', HEADER);
  assert.equal((await blocks.next())[0]?.hash, HASH);
  const refuse: FakeAnswer = () => {
    throw new Error('Method not found');
  };
  const plain = await stage(t, { authority: () => ALICE, answers: { chain_subscribeAllHeads: refuse } });
  assert.equal((await plain.follow().next())[0]?.hash, HASH);
  assert.deepEqual([forked.gaps(), plain.gaps()], [0, 1], 'only one of them sees each fork');
});

test('more headers than are kept, and a best chain that went on too far, are gaps', async (t) => {
  const hashOf = (number: number) => `0x${number.toString(16).padStart(64, '0')}`;
  let best = 0;
  const { follow, fake, node, gaps } = await stage(t, {
    authority: () => ALICE,
    answers: {
      chain_getBlockHash: () => hashOf(best),
      chain_getHeader: ([hash]) => ({ ...HEADER, parentHash: hashOf(Number(hash) - 1) }),
    },
  });
  const blocks = follow();
  await blocks.next();
  const before = gaps();
  best = 40;
  await blocks.next();
  // None of them has an author, because its parent is another one, and that is a gap each.
  assert.equal(gaps() - before, 32 + 1);
  const read = gaps();
  for (let count = 0; count < 257; count++) fake.publish('chain_subscribeAllHeads', HEADER);
  await node.call('chain_getBlockHash');
  assert.equal(gaps() - read, 1);
});

test('a missing parent of the best block is a gap, that of genesis none', async (t) => {
  const child = `0x${'cd'.repeat(32)}`;
  const below: readonly (readonly [string, number])[] = [
    [`0x${'ab'.repeat(32)}`, 1],
    [`0x${'00'.repeat(32)}`, 0],
  ];
  for (const [parentHash, missed] of below) {
    let best: string | null = null;
    const answers: Readonly<Record<string, FakeAnswer>> = {
      chain_getBlockHash: () => best,
      chain_getHeader: ([hash]) =>
        hash === HASH ? { ...HEADER, parentHash: child } : hash === child ? { ...HEADER, parentHash } : null,
    };
    const { follow, gaps } = await stage(t, { authority: () => ALICE, answers });
    const blocks = follow();
    await blocks.next();
    const before = gaps();
    best = HASH;
    await blocks.next();
    // Both headers have another parent than the signed one, and so no author: a gap each.
    assert.equal(gaps() - before, 2 + missed, parentHash);
  }
});

test('a block below the best one comes although its header was not read at the first try', async (t) => {
  const child = `0x${'cd'.repeat(32)}`;
  let isBusy = true;
  let best: string | null = null;
  const header: FakeAnswer = ([hash]) => {
    if (hash === child) return { ...HEADER, parentHash: HASH };
    if (hash !== HASH) return null;
    if (isBusy) throw new Error('too many requests');
    return HEADER;
  };
  const answers: Readonly<Record<string, FakeAnswer>> = {
    chain_getBlockHash: () => best,
    chain_getHeader: header,
  };
  const { follow } = await stage(t, { authority: () => ALICE, answers });
  const blocks = follow();
  assert.deepEqual(await blocks.next(), []);
  best = child;
  await assert.rejects(blocks.next(), /too many requests/);
  isBusy = false;
  assert.deepEqual((await blocks.next()).map(field('hash')), [HASH]);
});

test('a header without state is left out, and does not stop the others', async (t) => {
  let state: 'discarded' | 'there' = 'discarded';
  const { follow, fake, gaps } = await stage(t, {
    authority: () => {
      if (state === 'discarded') throw new Error('State already discarded');
      return ALICE;
    },
    answers: { chain_getBlockHash: () => null },
  });
  const blocks = follow();
  await blocks.next();
  assert.equal(gaps(), 0);
  fake.publish('chain_subscribeAllHeads', HEADER);
  assert.deepEqual(await blocks.next(), []);
  state = 'there';
  assert.deepEqual(await blocks.next(), [], 'it was left out');
  assert.equal(gaps(), 1);
});

test('a block of a parachain names its relay parent, a block of another chain of Aura none', async (t) => {
  const root = `0x045250535290${'01'.repeat(8)}${'02'.repeat(24)}c2450400`;
  for (const [items, relayParent] of [
    [[root], 0x0101_0101_0101_0101n],
    [[], null],
  ] as const) {
    const { header, digest } = auraBlock(281_234_567n, ...items);
    const { node } = await stage(t, {
      authority: () => AURA_KEY,
      answers: { state_call: ([api]) => (api === 'AuraApi_authorities' ? `0x04${AURA_KEY.slice(2)}` : null) },
    });
    const found = (await authoredBlock(node, header)) ?? assert.fail('no author');
    const { duty, slot } = found;
    assert.deepEqual(
      { duty, key: found.key, slot, relayParent: found.relayParent, digest: found.digest },
      { duty: 'aura', key: AURA_KEY, slot: 281_234_567n, relayParent, digest },
    );
  }
});
