import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  connectedNode,
  type FakeAnswer,
  metadataAnswer,
  OFFENCE_BLOCK,
  offenceMetadata,
} from '../testing/index.ts';
import { followOffences } from './follow-offences.ts';

const hashOf = (height: number) =>
  height === OFFENCE_BLOCK.number ? OFFENCE_BLOCK.hash : `0x${height.toString(16).padStart(64, '0')}`;
const heightOf = (hash: unknown) =>
  hash === OFFENCE_BLOCK.hash ? OFFENCE_BLOCK.number : Number(BigInt(String(hash)));
const METADATA = metadataAnswer(offenceMetadata());

/** A node whose block {@link OFFENCE_BLOCK} records an offence, and whose other blocks have no event. */
async function stage(t: TestContext, answers: Record<string, FakeAnswer> = {}) {
  const read: number[] = [];
  const header = (height: number) => ({
    ...{ number: `0x${height.toString(16)}`, parentHash: hashOf(height - 1), stateRoot: hashOf(1) },
    ...{ extrinsicsRoot: hashOf(1), digest: { logs: [] } },
  });
  const { fake, node } = await connectedNode(t, {
    chain_getBlockHash: ([height]) => hashOf(Number(height)),
    chain_getHeader: ([hash]) => header(heightOf(hash)),
    chain_getBlock: () => ({
      block: { header: header(OFFENCE_BLOCK.number), extrinsics: OFFENCE_BLOCK.extrinsics },
    }),
    state_getRuntimeVersion: () => ({ specName: 'devnet', specVersion: 1, transactionVersion: 1 }),
    state_getStorageHash: () => hashOf(7),
    state_call: ([api]) => (api === 'Metadata_metadata_at_version' ? METADATA : assert.fail(String(api))),
    state_getStorage: ([, hash]) => {
      read.push(heightOf(hash));
      return hash === OFFENCE_BLOCK.hash ? OFFENCE_BLOCK.events : '0x00';
    },
    ...answers,
  });
  return { fake, read, offences: followOffences(node) };
}

test('the offence of a finalised block comes until it is taken, and each block is read once', async (t) => {
  const { offences, read } = await stage(t);
  const { number, hash } = OFFENCE_BLOCK;
  assert.deepEqual(await offences.next(number - 2), []);
  offences.taken();
  const found = await offences.next(number + 1);
  assert.deepEqual(
    found.map(({ block, equivocations }) => [block, equivocations.map(({ unit }) => unit)]),
    [[{ number, hash }, ['0/7']]],
  );
  assert.deepEqual((await offences.next(number + 1)).length, 1, 'the service did not take it');
  offences.taken();
  assert.deepEqual(await offences.next(number + 1), []);
  assert.deepEqual([...new Set(read)], [number - 2, number - 1, number, number + 1]);
  assert.equal(offences.problem(), null);
});

test('after a long gap the newest blocks are read, in bounded steps, and the gap is a problem', async (t) => {
  const { offences, read } = await stage(t);
  await offences.next(100);
  offences.taken();
  for (let call = 0; call < 20; call++) {
    const before = read.length;
    await offences.next(1_000);
    offences.taken();
    assert.ok(read.length - before <= 16);
  }
  assert.deepEqual([read[0], read[1], read.at(-1)], [100, 761, 1_000]);
  assert.match(offences.problem() ?? '', /blocks 101 to 760 were not searched/);
});

test('a block that cannot be read is a problem, and stops no later block', async (t) => {
  const { number } = OFFENCE_BLOCK;
  const discarded: FakeAnswer = () => {
    throw new Error('State already discarded');
  };
  for (const [broken, why] of [
    [() => '0x0badff', /System.Events cannot be read/],
    [discarded, /State already discarded/],
  ] as const) {
    const { offences, fake } = await stage(t);
    const events = fake.answers.get('state_getStorage') ?? assert.fail('no answer');
    fake.answers.set('state_getStorage', broken);
    assert.deepEqual(await offences.next(number - 1), []);
    assert.match(offences.problem() ?? '', why);
    offences.taken();
    fake.answers.set('state_getStorage', events);
    assert.equal((await offences.next(number)).length, 1);
  }
});
