// The commands of a guard as processes, over a node of the test: its RPC is a fake, and its program sleeps.

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { storageKey } from '@watchbill/chain';
import { readAddress } from '@watchbill/chain/address';
import { publicKeyOfUri } from '@watchbill/chain/keys';
import { startFakeNode } from '@watchbill/chain/testing';
import { type GuardStatus, newIdentity, openSealed, sealKeystore } from '@watchbill/guard';

const CLI = fileURLToPath(new URL('../../../bin/watchbill.mjs', import.meta.url));
const VALIDATOR = '5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY';
const HASH = `0x${'91'.repeat(32)}`;
/** The kind `audi` opens at once, so no vote is needed. */
const KIND = Buffer.from('audi').toString('hex');
const publicKey = (uri: string): string => publicKeyOfUri('sr25519', uri) ?? assert.fail(uri);
const fileOf = (uri: string): string => `${KIND}${publicKey(uri).slice(2)}`;

interface Chain {
  /** The key that the chain keeps for the validator. */
  registered: string;
  /** Called by `author_rotateKeysWithOwner`; gives the new key. */
  rotate: () => string;
}

/** A node whose session keys are one `audi` key. */
async function fakeNode(t: TestContext, chain: Chain): Promise<string> {
  const node = await startFakeNode({
    chain_getBlockHash: () => HASH,
    chain_getFinalizedHead: () => HASH,
    chain_getHeader: () => ({
      ...{ number: '0x64', parentHash: HASH, stateRoot: HASH, extrinsicsRoot: HASH },
      digest: { logs: [] },
    }),
    system_health: () => ({ peers: 3, isSyncing: false, shouldHavePeers: true }),
    state_getStorage: ([key]) =>
      String(key).startsWith(storageKey('Session', 'NextKeys')) ? chain.registered : null,
    state_call: ([api, argument]) => {
      if (api === 'SessionKeys_decode_session_keys') return `0x010480${String(argument).slice(4)}${KIND}`;
      if (api === 'AuraApi_slot_duration') return '0xe803000000000000';
      throw new Error(`no ${String(api)}`);
    },
    author_rotateKeysWithOwner: ([owner]) => {
      assert.equal(owner, readAddress(VALIDATOR)?.publicKey);
      return { keys: chain.rotate(), proof: '0x' };
    },
  });
  t.after(() => node.close());
  return node.webSocketUrl;
}

interface Stage {
  readonly keystore: string;
  readonly sealed: string;
  readonly identity: string;
  readonly rpc: string;
  readonly status: () => GuardStatus | null;
  /** Starts `guard run` with these flags. */
  run(...flags: readonly string[]): Promise<Ended>;
  readonly chain: Chain;
  readonly runtime: string;
}

interface Ended {
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly code: Promise<number | null>;
}

async function stage(t: TestContext): Promise<Stage> {
  const memory = mkdtempSync('/dev/shm/watchbill-guard-cli-');
  t.after(() => rmSync(memory, { recursive: true, force: true }));
  const [plain, sealed, runtime] = ['plain', 'sealed', 'run'].map((name) => join(memory, name)) as [
    string,
    string,
    string,
  ];
  const chain: Chain = { registered: publicKey('//Alice'), rotate: () => assert.fail('not asked') };
  const rpc = await fakeNode(t, chain);
  const { identity, recipient } = await newIdentity();
  const keystore = join(runtime, 'keystore');
  mkdirSync(plain);
  writeFileSync(join(plain, fileOf('//Alice')), JSON.stringify('//Alice'));
  await sealKeystore(plain, sealed, recipient);
  writeFileSync(join(memory, 'identity'), identity, { mode: 0o600 });
  const places = ['--sealed', sealed, '--identity', join(memory, 'identity'), '--runtime', runtime];
  const run = async (...flags: readonly string[]): Promise<Ended> => {
    const args = ['guard', 'run', ...places, '--state', join(memory, 'state'), '--database', memory];
    const nodes = ['--rpc', rpc, '--witness', 'ws://127.0.0.1:9', 'ws://127.0.0.1:10'];
    const child = spawn(process.execPath, [CLI, ...args, ...nodes, ...flags, '--', 'sleep', '300']);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part) => {
        text += String(part);
      });
    const code = once(child, 'exit').then(([value]) => value as number | null);
    t.after(() => child.kill('SIGKILL'));
    return { child, log: () => text, code };
  };
  const status = (): GuardStatus | null => {
    try {
      return JSON.parse(readFileSync(join(runtime, 'status.json'), 'utf8')) as GuardStatus;
    } catch {
      return null;
    }
  };
  return { keystore, sealed, identity, rpc, status, run, chain, runtime };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    if (holds()) return;
    await setTimeout(50);
  }
  assert.fail(`not within a minute: ${what}`);
}

function cli(...args: readonly string[]) {
  return new Promise<{ code: number; text: string }>((resolve) => {
    execFile(process.execPath, [CLI, ...args], { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: `${stdout}${stderr}` }),
    );
  });
}

const sayOf = ({ status }: Stage): string => status()?.keys[0]?.say ?? '';
const stop = async ({ child, code }: Ended): Promise<void> => {
  child.kill('SIGTERM');
  assert.equal(await code, 0);
};

test('keys that the chain does not have are not placed, and rotated ones are sealed', {
  timeout: 180_000,
}, async (t) => {
  const ground = await stage(t);
  const { chain, keystore, sealed, runtime, rpc } = ground;
  chain.registered = publicKey('//Bob');
  const guard = await ground.run('--validator', VALIDATOR, '--metrics-port', '0');
  await until('a refusal', () => sayOf(ground).startsWith('audi: the chain has '));
  assert.match(
    sayOf(ground),
    new RegExp(`has ${chain.registered}, this machine has ${publicKey('//Alice')}`),
  );
  assert.deepEqual(readdirSync(keystore), []);
  assert.equal((await cli('guard', 'status', '--runtime', runtime)).code, 3);
  chain.registered = publicKey('//Alice');
  await until('the key lies open', () => readdirSync(keystore).length === 1);

  const url = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(guard.log())?.[0] ?? assert.fail(guard.log());
  const metrics = await (await fetch(url)).text();
  assert.match(metrics, /^watchbill_guard_refusals_total\{kind="audi"\} 1$/m);
  assert.match(metrics, /^watchbill_guard_keys\{kind="audi",state="open"\} 1$/m);

  const second = await ground.run();
  assert.equal(await second.code, 3);
  assert.match(second.log(), /another guard works with .*run/);

  chain.rotate = () => {
    writeFileSync(join(keystore, fileOf('//Eve')), JSON.stringify('//Eve'), { mode: 0o600 });
    return publicKey('//Eve');
  };
  const node = ground.status()?.node;
  const flags = ['--validator', VALIDATOR, '--rpc', rpc, '--runtime', runtime];
  const rotated = await cli('guard', 'rotate', ...flags);
  assert.equal(rotated.code, 0, rotated.text);
  assert.match(rotated.text, new RegExp(`^keys    ${publicKey('//Eve')}$`, 'm'));
  assert.equal(ground.status()?.node, node, 'the node goes on');
  const opened = (await openSealed(sealed, ground.identity)).map(({ content }) => content);
  assert.deepEqual(opened.toSorted(), ['"//Alice"', '"//Eve"']);
  await stop(guard);
  assert.deepEqual(readdirSync(keystore), []);
});

test('a file without an announcement ends the node, and so does a removed key', {
  timeout: 180_000,
}, async (t) => {
  const ground = await stage(t);
  const { keystore } = ground;
  const faults: readonly (readonly [() => void, RegExp])[] = [
    [() => writeFileSync(join(keystore, fileOf('//Eve')), '"//Eve"'), /was not placed by this guard/],
    [() => rmSync(join(keystore, fileOf('//Alice'))), /was removed, and not by this guard/],
  ];
  for (const [harm, message] of faults) {
    const guard = await ground.run();
    const isOpen = (found: GuardStatus | null) =>
      found?.pid === guard.child.pid && found?.keys[0]?.state === 'open';
    await until('the key lies open', () => isOpen(ground.status()));
    assert.match(guard.log(), /keys-not-asked/);
    const pid = ground.status()?.node ?? assert.fail();
    harm();
    assert.equal(await guard.code, 3, guard.log());
    assert.match(guard.log(), message);
    assert.deepEqual(readdirSync(keystore), []);
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
  }
});

test('a guard that was stopped beyond its lease ends the node', { timeout: 180_000 }, async (t) => {
  const ground = await stage(t);
  const guard = await ground.run();
  await until('the key lies open', () => ground.status()?.keys[0]?.state === 'open');
  const pid = ground.status()?.node ?? assert.fail();
  guard.child.kill('SIGSTOP');
  await setTimeout(10_500);
  process.kill(pid, 0);
  guard.child.kill('SIGCONT');
  await until('another process of the node', () => ![pid, null].includes(ground.status()?.node ?? null));
  assert.match(guard.log(), /lease-lapsed/);
  assert.throws(() => process.kill(pid, 0), /ESRCH/);
  await stop(guard);
});

test('a rotation without a guard, or by a node that refuses, makes no keys', {
  timeout: 180_000,
}, async (t) => {
  const ground = await stage(t);
  const flags = ['--validator', VALIDATOR, '--rpc', ground.rpc, '--runtime', ground.runtime];
  const early = await cli('guard', 'rotate', ...flags);
  assert.equal(early.code, 4);
  assert.match(early.text, /no running guard writes/);
  const guard = await ground.run();
  await until('a status', () => ground.status() !== null);
  ground.chain.rotate = () => {
    throw new Error('RPC call is unsafe to be called externally');
  };
  const refused = await cli('guard', 'rotate', ...flags);
  assert.equal(refused.code, 1, refused.text);
  assert.match(refused.text, /the node made no keys/);
  assert.match(refused.text, /--rpc-methods unsafe/);
  assert.equal((await cli('guard', 'rotate', ...flags, '--validator', 'x')).code, 2);
  await stop(guard);
});
