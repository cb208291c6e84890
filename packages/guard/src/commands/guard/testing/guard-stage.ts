// A guard as a process, over a node of the test: its RPC is a fake, and its program sleeps.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readAddress } from '@watchbill/chain/address';
import { publicKeyOfUri } from '@watchbill/chain/keys';
import { startFakeNode } from '@watchbill/chain/testing';
import { systemClock } from '@watchbill/kit';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { freePort } from '@watchbill/kit/ports';
import { newIdentity } from '../../../custody/age.ts';
import { sealKeystore } from '../../../custody/sealed-folder.ts';
import type { GuardStatus } from '../../../run/runtime-folder.ts';
import { fakeRpc } from '../../../testing/fake-chain.ts';
import { runCli } from '../../testing/run-guard.ts';

const CLI = fileURLToPath(new URL('../../../../../watchbill/bin/watchbill.mjs', import.meta.url));
export const VALIDATOR = '5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY';
/** The kind `audi` is placed at once, so no vote is needed. */
const KIND = Buffer.from('audi').toString('hex');
export const publicKey = (uri: string): string => publicKeyOfUri('sr25519', uri) ?? assert.fail(uri);
export const fileOf = (uri: string): string => `${KIND}${publicKey(uri).slice(2)}`;
/** The program of the node: it serves the answers of the fake at a port that is its own. */
const SERVES = `const net = require('node:net'); const [own, fake] = process.argv.slice(1);
  net.createServer((to) => { const from = net.connect(fake, '127.0.0.1'); to.pipe(from).pipe(to);
    for (const one of [to, from]) one.on('error', () => { to.destroy(); from.destroy(); }); })
    .listen(own, '127.0.0.1');`;

/** Folders of a guard, its node, and ways to start it. */
export type Stage = Awaited<ReturnType<typeof stage>>;

export interface Ended {
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly code: Promise<number | null>;
}

export async function stage(t: TestContext) {
  const memory = mkdtempSync('/dev/shm/watchbill-guard-cli-');
  t.after(() => rmSync(memory, { recursive: true, force: true }));
  /** The keystore of a node without a guard; the guard does not know it. */
  const plain = join(memory, 'plain');
  const [sealed, runtime] = [join(memory, 'sealed'), join(memory, 'run')];
  const account = readAddress(VALIDATOR)?.publicKey ?? assert.fail(VALIDATOR);
  const chain = fakeRpc(systemClock(), publicKey('//Alice'), { kind: 'audi', validator: account });
  const served = await startFakeNode(chain.answers);
  t.after(() => served.close());
  /** The node makes keys for the validator from now on; `make` gives the public one. */
  const rotates = (make: () => string): void =>
    void served.answers.set('author_rotateKeysWithOwner', ([owner]) => {
      assert.equal(owner, account);
      return { keys: make(), proof: '0x' };
    });
  const [fake, port] = [served.webSocketUrl, await freePort()];
  const rpc = `ws://127.0.0.1:${port}`;
  const node = [process.execPath, '--eval', SERVES, String(port), new URL(fake).port];
  const { identity, recipient } = await newIdentity();
  const keystore = join(runtime, 'keystore');
  mkdirSync(plain);
  writeFileSync(join(plain, fileOf('//Alice')), JSON.stringify('//Alice'));
  await sealKeystore(plain, sealed, recipient);
  writeFileSync(join(memory, 'identity'), identity, { mode: 0o600 });
  const places = ['--sealed', sealed, '--identity', join(memory, 'identity'), '--runtime', runtime];
  const others = ['--database', memory, '--witness', 'ws://127.0.0.1:9', 'ws://127.0.0.1:10'];
  /** Starts `guard run` with these flags. */
  const run = async (...flags: readonly string[]): Promise<Ended> => {
    const args = ['guard', 'run', ...places, '--state', join(memory, 'state'), '--rpc', rpc];
    return started(t, [...args, ...others, ...flags, '--', ...node]);
  };
  /** Starts `guard shadow` beside the node, with these flags. */
  const shadow = (...flags: readonly string[]): Ended =>
    started(t, ['guard', 'shadow', '--keystore', plain, '--rpc', fake, ...others, ...flags]);
  const status = (): GuardStatus | null => {
    try {
      return JSON.parse(readFileSync(join(runtime, 'status.json'), 'utf8')) as GuardStatus;
    } catch {
      return null;
    }
  };
  const folders = { plain, keystore, sealed, runtime, state: join(memory, 'state') };
  return { ...folders, identity, rpc, fake, status, run, shadow, chain, rotates };
}

/** The command as a process, which ends with the test. */
export function started(t: TestContext, args: readonly string[]): Ended {
  const child = spawn(process.execPath, [CLI, ...args]);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => {
      text += String(part);
    });
  const code = once(child, 'exit').then(([value]) => value as number | null);
  t.after(() => child.kill('SIGKILL'));
  return { child, log: () => text, code };
}

export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    if (holds()) return;
    await setTimeout(50);
  }
  assert.fail(`not within a minute: ${what}`);
}

/** A command that ends by itself, in this process. */
export async function cli(...args: readonly string[]) {
  const io = realIo(process.cwd());
  const code = await runCli(args, io);
  return { code, text: io.stdout() + io.stderr() };
}
