import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { metadataAnswer, startFakeNode } from '@watchbill/chain/testing';
import { commandsIn } from './testing/run-coordinate.ts';

const METADATA = gunzipSync(
  readFileSync(new URL('../../../chain/src/extrinsics/testing/devnet-metadata.scale.gz', import.meta.url)),
);
/** `System.remark` with the byte 2. */
const REMARK = '0x00000402';
const BLOCK = `0x${'07'.repeat(32)}`;

const node = await startFakeNode({
  chain_getFinalizedHead: () => BLOCK,
  chain_getHeader: () => ({ number: '0x64', parentHash: BLOCK, digest: { logs: [] } }),
  state_getRuntimeVersion: () => ({ specName: 'fake', specVersion: 1, transactionVersion: 1 }),
  state_getStorageHash: () => BLOCK,
  state_call: () => metadataAnswer(METADATA),
});
after(() => node.close());
const { cwd, run, text, refused, write } = commandsIn();

test('an operator approves calls by bytes and by file, and sees them listed', async () => {
  await text('init --chain', node.webSocketUrl);
  const empty = await text('approvals');
  assert.equal(empty, 'approved:\n  none\nproposed, and not approved here:\n  none\n');

  const first = await text('approve', REMARK, '--for', '10');
  assert.match(first, /^approved: System\.remark \{"remark":"0x02"\}\n {2}once, up to block 110;/);
  write('call.json', JSON.stringify({ pallet: 'System', call: 'remark', args: { remark: '0x02' } }));
  await text('approve call.json --json');

  const folder = join(cwd, 'state', 'approvals');
  const files = readdirSync(folder).toSorted();
  assert.equal(files.length, 2, 'twice is two approvals');
  assert.deepEqual(JSON.parse(readFileSync(join(folder, files[1] ?? ''), 'utf8')), {
    pallet: 'System',
    call: 'remark',
    args: { remark: '0x02' },
    lastBlock: 110,
  });
  const listed = await text('approvals --json');
  const { approvals, waiting } = JSON.parse(listed) as Record<string, readonly unknown[]>;
  assert.deepEqual([approvals?.length, waiting?.length], [2, 0]);
});

test('a call that waits is listed with its bytes until it is approved', async () => {
  const folder = join(cwd, 'state', 'approvals');
  const call = '0x00000403';
  const waiting = [
    { call, text: 'System.remark {"remark":"0x03"}', why: 'no file', window: '42', block: 100 },
  ];
  writeFileSync(join(folder, 'waiting.record'), JSON.stringify(waiting));
  assert.match(
    await text('approvals'),
    /window 42: System\.remark \{"remark":"0x03"\}\n {6}no file\n {6}0x00000403/,
  );
  await text('approve', call);
  assert.match(await text('approvals'), /not approved here:\n {2}none/);
});

test('a veto lies where the running member looks', async () => {
  await text('veto 42 --reason', 'unknown payee');
  const file = join(cwd, 'state', 'approvals', 'vetoes', '42.json');
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { reason: 'unknown payee' });
  assert.equal((await run('veto all --reason x')).code, 2);
});

test('bytes that are not a call, a missing file and a node that does not answer are faults', async () => {
  await refused(2, /no call: /, 'approve 0xff00');
  await refused(2, /there is no file none\.json/, 'approve none.json');
  node.answers.delete('chain_getFinalizedHead');
  await refused(5, /^/, 'approvals');
});
