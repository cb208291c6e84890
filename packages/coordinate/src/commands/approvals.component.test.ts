import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { hexOf } from '@watchbill/chain';
import { startFakeNode } from '@watchbill/chain/testing';
import type { Ran } from '@watchbill/kit/command/testing/fake-io';
import { runFake } from './testing/run-coordinate.ts';

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
  state_call: () => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(METADATA.length * 4 + 2);
    return hexOf(Buffer.concat([Buffer.of(1), length, METADATA]));
  },
});
const cwd = mkdtempSync(join(tmpdir(), 'watchbill-approve-'));
after(async () => {
  await node.close();
  rmSync(cwd, { recursive: true });
});

const coordinate = (...args: readonly string[]): Promise<Ran> => runFake(['coordinate', ...args], { cwd });

test('an operator approves calls by bytes and by file, and sees them listed', async () => {
  const made = await coordinate('init', '--chain', node.webSocketUrl);
  assert.equal(made.code, 0, made.stderr);
  const empty = await coordinate('approvals');
  assert.equal(empty.code, 0, empty.stderr);
  assert.equal(empty.stdout, 'approved:\n  none\nproposed, and not approved here:\n  none\n');

  const first = await coordinate('approve', REMARK, '--for', '10');
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^approved: System\.remark \{"remark":"0x02"\}\n {2}once, up to block 110;/);
  writeFileSync(
    join(cwd, 'call.json'),
    JSON.stringify({ pallet: 'System', call: 'remark', args: { remark: '0x02' } }),
  );
  const second = await coordinate('approve', 'call.json', '--json');
  assert.equal(second.code, 0, second.stderr);

  const folder = join(cwd, 'state', 'approvals');
  const files = readdirSync(folder).toSorted();
  assert.equal(files.length, 2, 'twice is two approvals');
  assert.deepEqual(JSON.parse(readFileSync(join(folder, files[1] ?? ''), 'utf8')), {
    pallet: 'System',
    call: 'remark',
    args: { remark: '0x02' },
    lastBlock: 110,
  });
  const listed = await coordinate('approvals', '--json');
  const { approvals, waiting } = JSON.parse(listed.stdout) as Record<string, readonly unknown[]>;
  assert.deepEqual([approvals?.length, waiting?.length], [2, 0]);
});

test('a call that waits is listed with its bytes until it is approved', async () => {
  const folder = join(cwd, 'state', 'approvals');
  const text = 'System.remark {"remark":"0x03"}';
  const call = '0x00000403';
  const waiting = [{ call, text, why: 'no file', window: '42', block: 100 }];
  writeFileSync(join(folder, 'waiting.record'), JSON.stringify(waiting));
  const listed = await coordinate('approvals');
  assert.match(listed.stdout, /window 42: System\.remark \{"remark":"0x03"\}\n {6}no file\n {6}0x00000403/);
  assert.equal((await coordinate('approve', call)).code, 0);
  assert.match((await coordinate('approvals')).stdout, /not approved here:\n {2}none/);
});

test('a veto lies where the running member looks', async () => {
  const ran = await coordinate('veto', '42', '--reason', 'unknown payee');
  assert.equal(ran.code, 0, ran.stderr);
  const file = join(cwd, 'state', 'approvals', 'vetoes', '42.json');
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { reason: 'unknown payee' });
  assert.equal((await coordinate('veto', 'all', '--reason', 'x')).code, 2);
});

test('bytes that are not a call, a missing file and a node that does not answer are faults', async () => {
  const bad = await coordinate('approve', '0xff00');
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /no call: /);
  const none = await coordinate('approve', 'none.json');
  assert.equal(none.code, 2);
  assert.match(none.stderr, /there is no file none\.json/);
  node.answers.delete('chain_getFinalizedHead');
  const silent = await coordinate('approvals');
  assert.equal(silent.code, 5, silent.stderr);
});
