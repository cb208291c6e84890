import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexOf, type RawHeader } from '@watchbill/chain';
import { headerHash } from '@watchbill/chain/observe';
import { headerIntake } from './header-intake.ts';
import { createJournal } from './journal.ts';
import { fakeNodeRpc } from './testing/fake-node-rpc.ts';
import { FIXTURE_HEADER } from './testing/header.ts';

const AUTHOR = 'd4'.repeat(32);
/** Epoch 0 with one authority, as `BabeApi_current_epoch` encodes it. */
const EPOCH = `0x${'00'.repeat(8)}${'00'.repeat(8)}${'14'}${'00'.repeat(7)}04${AUTHOR}${'01'}${'00'.repeat(7)}${'00'.repeat(32)}${'00'.repeat(16)}02`;

/** Fixture headers in a row: each is the parent of the next. */
function chainOf(length: number): readonly { readonly hash: string; readonly raw: RawHeader }[] {
  const blocks = [];
  let parentHash = FIXTURE_HEADER.raw.parentHash;
  for (let index = 0; index < length; index++) {
    const raw = { ...FIXTURE_HEADER.raw, parentHash, number: `0x${(0x40 + index).toString(16)}` };
    blocks.push({ hash: headerHash(raw), raw });
    parentHash = headerHash(raw);
  }
  return blocks;
}

function nodeWith(blocks: readonly { readonly hash: string; readonly raw: RawHeader }[]) {
  const known = new Map(blocks.map(({ hash, raw }) => [hash, raw]));
  return fakeNodeRpc({
    chain_getHeader: (hash: string) => known.get(hash) ?? null,
    state_call: (api: string, _: string, at: string) => {
      if (api === 'BabeApi_current_epoch' && known.has(at)) return EPOCH;
      throw new Error(`no state at ${at}`);
    },
  });
}

test('a header gets its author from the epoch at the block itself', async () => {
  const { journal, ...writer } = createJournal();
  const source = { name: 'ann', rpc: nodeWith(chainOf(1)) };
  const intake = headerIntake({ journal, ...writer }, [source], 0x3f);
  intake.add(source, FIXTURE_HEADER.raw, 7);
  intake.add(source, FIXTURE_HEADER.raw, 8);
  await intake.idle();
  const { hash, slot } = FIXTURE_HEADER;
  const authority = hexOf(Buffer.from(AUTHOR, 'hex'));
  assert.deepEqual(
    [...journal.headers.values()],
    [{ atMs: 7, late: false, hash, number: 0x40, slot, authority }],
  );
});

test('ancestors that no node announced are found, down to the start of the observation', async () => {
  const blocks = chainOf(5);
  const writer = createJournal();
  const source = { name: 'ann', rpc: nodeWith(blocks) };
  const intake = headerIntake(writer, [source], 0x40);
  const last = blocks.at(-1);
  assert.ok(last);
  intake.add(source, last.raw, 7);
  await intake.idle();
  const found = [...writer.journal.headers.values()].map(({ number, late }) => [number, late]);
  assert.deepEqual(found, [
    [0x44, false],
    [0x43, true],
    [0x42, true],
    [0x41, true],
  ]);
});

test('where the node that announced a header is gone, another one is asked', async () => {
  const writer = createJournal();
  const [gone, alive] = [fakeNodeRpc({}), nodeWith(chainOf(1))];
  const sources = [
    { name: 'gone', rpc: gone },
    { name: 'alive', rpc: alive },
  ] as const;
  const intake = headerIntake(writer, sources, 0x3f);
  intake.add(sources[0], FIXTURE_HEADER.raw, 7);
  await intake.idle();
  assert.equal(writer.journal.headers.size, 1);
  assert.deepEqual(gone.calls, ['state_call']);
});
