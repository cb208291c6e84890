import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { temporaryFolder } from '@watchbill/kit/testing';
import { childProcesses } from './processes.ts';

const folder = temporaryFolder();

async function untilSays(log: string, word: string): Promise<void> {
  for (let attempt = 0; attempt < 1_200; attempt++) {
    if (readFileSync(log, 'utf8').includes(word)) return;
    await pause(50);
  }
  throw new Error(`${log} never said ${word}: ${readFileSync(log, 'utf8')}`);
}

test('all children are ended: by SIGTERM where they listen, by SIGKILL where they do not', async () => {
  const [listening, deaf] = [childProcesses(), childProcesses()];
  const [polite, stubborn] = [join(folder, 'polite.log'), join(folder, 'stubborn.log')];
  const code = (onTerm: string) =>
    `process.on("SIGTERM",${onTerm});setInterval(()=>{},1e6);console.log("up")`;
  const first = listening.start(['--eval', code('()=>process.exit(3)')], polite);
  const second = deaf.start(['--eval', code('()=>console.log("no")')], stubborn);
  await Promise.all([untilSays(polite, 'up'), untilSays(stubborn, 'up')]);
  await Promise.all([listening.stopAll(60_000), deaf.stopAll(5_000)]);
  assert.deepEqual(await first.ended, { code: 3, signal: null });
  assert.deepEqual(await second.ended, { code: null, signal: 'SIGKILL' });
  assert.match(readFileSync(stubborn, 'utf8'), /no/);
});

test('a child that ended by itself is not waited for', async () => {
  const processes = childProcesses();
  const child = processes.start(['--eval', 'process.exit(9)'], join(folder, 'short.log'));
  assert.equal((await child.ended).code, 9);
  await processes.stopAll(60_000);
});
