import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { spend } from './call/call-spending.ts';
import { type DraftedCall, draftedCalls, noteDrafted } from './call/drafted.ts';
import { inTurn } from './kept-record.ts';

function folderOf(context: TestContext): string {
  const folder = temporaryFolder(context);
  return folder;
}

const take = (folder: string, call: string, amount: bigint) =>
  spend(folder, { uses: [{ rule: RULE, amount }], window: 1n, atMs: 0, call });
const RULE = { name: 'pay', perWindow: 1_000n } as Parameters<typeof spend>[1]['uses'][number]['rule'];

const useOf = (file: string, from = 1): DraftedCall => {
  return { file, call: `0x${file}`, account: '0x01', nonce: 0, from, until: from + 1 };
};

test('two proposals that are judged at once each keep their amount and their use of a file', async (context) => {
  const folder = folderOf(context);
  const files = ['aa', 'bb', 'cc', 'dd'];
  for (const file of files) writeFileSync(join(folder, file), '');
  assert.deepEqual(await Promise.all([take(folder, '0x01', 1n), take(folder, '0x02', 100n)]), [null, null]);
  await Promise.all(files.map((file) => noteDrafted(folder, useOf(file), () => null)));
  assert.match((await take(folder, '0x03', 900n)) ?? '', /1001 in this window, above 1000/);
  assert.deepEqual((await draftedCalls(folder)).map(({ file }) => file).toSorted(), files);
});

test('of two uses that exclude each other, one is recorded', async (context) => {
  const folder = folderOf(context);
  writeFileSync(join(folder, 'aa'), '');
  const once = (uses: readonly DraftedCall[]) => (uses.length === 0 ? null : 'is used');
  const ends = [useOf('aa', 1), useOf('aa', 2)].map((use) => noteDrafted(folder, use, once));
  assert.deepEqual((await Promise.all(ends)).toSorted(), ['is used', null]);
  assert.equal(await noteDrafted(folder, useOf('gone'), once), 'is gone');
  assert.equal((await draftedCalls(folder)).length, 1);
});

test('a change that fails ends its turn', async (context) => {
  const folder = folderOf(context);
  const failing = inTurn(folder, async () => assert.fail('no room'));
  const next = inTurn(folder, async () => 'next');
  await assert.rejects(failing, /no room/);
  assert.equal(await next, 'next');
});

test('two processes that share the records lose no amount, and a killed one leaves no lock', async (context) => {
  const folder = folderOf(context);
  const source = new URL('./call/call-spending.ts', import.meta.url).href;
  const start = (name: string, then: string) =>
    spawn(
      process.execPath,
      [
        '--input-type=module-typescript',
        '-e',
        `
      import { spend } from ${JSON.stringify(source)};
      const rule = { name: 'pay', perWindow: 1000n };
      for (let at = 0; at < 20; at += 1)
        await spend(process.argv[1], { uses: [{ rule, amount: 1n }], window: 1n, atMs: 0, call: '${name}' + at });
      ${then}`,
        folder,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
  const ended = await Promise.all(['a', 'b'].map(async (name) => once(start(name, ''), 'exit')));
  assert.deepEqual(
    ended.map(([code]) => code),
    [0, 0],
  );
  assert.equal(JSON.parse(readFileSync(join(folder, 'spent.record'), 'utf8')).length, 40);
  const kept = new URL('./kept-record.ts', import.meta.url).href;
  const holder = start(
    'c',
    `
      const { inTurn } = await import(${JSON.stringify(kept)});
      await inTurn(process.argv[1], () => { console.log('held'); return new Promise(() => setInterval(() => 0, 1000)); });`,
  );
  await once(holder.stdout, 'data');
  const waiting = take(folder, '0xff', 1n);
  holder.kill('SIGKILL');
  assert.equal(await waiting, null);
  assert.equal(JSON.parse(readFileSync(join(folder, 'spent.record'), 'utf8')).length, 61);
});
