import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ChainView, connectNode } from '@watchbill/chain';
import {
  metadataAnswer,
  type FakeAnswer as NodeAnswer,
  OFFENCE_BLOCK,
  offenceMetadata,
  startFakeNode,
} from '@watchbill/chain/testing';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { pino } from 'pino';
import { openApi } from '../../client/api.ts';
import { type FakeAnswer, fakeService } from '../../client/testing/fake-service.ts';
import { offenceTeller } from './tell-signatures.ts';

const CHAIN = `0x${'91'.repeat(32)}`;
const METADATA = metadataAnswer(offenceMetadata());
const HEADER = {
  ...{ number: '0x12', parentHash: OFFENCE_BLOCK.parentHash, stateRoot: CHAIN, extrinsicsRoot: CHAIN },
  digest: { logs: [] },
};
const view: ChainView = {
  ...{ chain: CHAIN, finalizedBlock: BigInt(OFFENCE_BLOCK.number), session: null, beefySetId: null },
  ...{ voter: null, best: null, arrivedSlot: null, syncing: false },
};

/** A teller beside a node whose newest finalised block records an offence. */
async function stage(t: TestContext, answer: FakeAnswer, nodeAnswers: Record<string, NodeAnswer> = {}) {
  const fake = await startFakeNode({
    chain_getBlockHash: () => OFFENCE_BLOCK.hash,
    chain_getHeader: () => HEADER,
    chain_getBlock: () => ({ block: { header: HEADER, extrinsics: OFFENCE_BLOCK.extrinsics } }),
    state_getRuntimeVersion: () => ({ specName: 'devnet', specVersion: 1, transactionVersion: 1 }),
    state_getStorageHash: () => CHAIN,
    state_call: () => METADATA,
    state_getStorage: () => OFFENCE_BLOCK.events,
    ...nodeAnswers,
  });
  const service = await fakeService({ answers: { 'POST /v1/offences': answer } });
  const node = connectNode(fake.httpUrl, { timeoutMs: 20_000 });
  const api = await openApi({
    ...{ url: new URL(service.url), socket: null, token: null, dataDir: null, configured: false },
    ...{ caFile: null, certFile: null, keyFile: null, timeoutMs: 20_000, tell: () => undefined },
  });
  t.after(() => Promise.all([node.close(), api.close(), fake.close(), service.stop()]));
  const events: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line: string) => void events.push(JSON.parse(line)) });
  const tell = offenceTeller({ node, api, log, clock: fakeIo({ cwd: '/' }).clock });
  return { tell: () => tell(view), seen: service.seen, events };
}

test('an equivocation in a finalised block is reported with both votes, once', async (t) => {
  const { tell, seen, events } = await stage(t, { status: 204, body: null });
  await tell();
  await tell();
  assert.equal(seen.length, 1);
  const body = seen[0]?.body ?? assert.fail('no report');
  const { chain, offences } = body as { chain: string; offences: Record<string, unknown>[] };
  const [{ key, duty, unit, part, block } = {} as Record<string, unknown>] = offences;
  const { number, hash } = OFFENCE_BLOCK;
  assert.deepEqual(
    [chain, offences.length, duty, unit, part, block],
    [CHAIN, 1, 'grandpa', '0/7', 'prevote', { number: `${number}`, hash }],
  );
  assert.match(String(key), /^0x1dfe3e22/);
  assert.deepEqual(events, []);
});

test('an equivocation whose offender cannot be read, and a block that cannot be read, are log lines', async (t) => {
  const [timestamp] = OFFENCE_BLOCK.extrinsics;
  const other = { block: { header: HEADER, extrinsics: [timestamp, timestamp] } };
  const unread = await stage(t, { status: 204, body: null }, { chain_getBlock: () => other });
  await unread.tell();
  assert.equal(unread.seen.length, 0);
  const [line] = unread.events;
  assert.deepEqual([line?.event, line?.level, line?.block], ['offence-unread', 50, OFFENCE_BLOCK.number]);
  assert.match(String(line?.why), /^grandpa:equivoca: its extrinsic is not a report to Grandpa/);
  const broken = await stage(t, { status: 204, body: null }, { state_getStorage: () => '0x0badff' });
  await broken.tell();
  await broken.tell();
  assert.deepEqual(
    broken.events.map(({ event }) => event),
    ['offences-unread'],
  );
});
