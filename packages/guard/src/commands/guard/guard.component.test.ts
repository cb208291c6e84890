// The commands of a guard as processes, over a node of the test: its RPC is a fake, and its program sleeps.

import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GuardStatus, openSealed } from '../../index.ts';
import {
  cli,
  type Ended,
  fileOf,
  publicKey,
  type Stage,
  stage,
  started,
  until,
  VALIDATOR,
} from './testing/guard-stage.ts';

/** The process of the node, once its key is placed. */
async function placedNode({ status }: Stage): Promise<number> {
  await until('the key is placed', () => status()?.keys[0]?.state === 'open');
  return status()?.node ?? assert.fail();
}
/** Writes a status again and again, as a running guard does, until the test ends. */
function fakeGuard(t: TestContext, runtime: string) {
  let write = (): void => undefined;
  const timer = setInterval(() => write(), 1_000);
  t.after(() => clearInterval(timer));
  return (key: object, aheadMs = 0): void => {
    const keys = [{ kind: 'gran', publicKey: publicKey('//Alice'), state: 'waiting', say: '', ...key }];
    write = () => {
      const status = { pid: 1, node: 2, atMs: Date.now() + aheadMs, rotation: { state: 'none' }, keys };
      if (existsSync(runtime)) writeFileSync(join(runtime, 'status.json'), JSON.stringify(status));
    };
    write();
  };
}
const sayOf = ({ status }: Stage): string => status()?.keys[0]?.say ?? '';
const stop = async ({ child, code }: Ended): Promise<void> => {
  child.kill('SIGTERM');
  assert.equal(await code, 0);
};

// Most of their time they wait for a lease, a process or the disk.
describe('a guard as a process', { concurrency: true, timeout: 300_000 }, () => {
  test('keys that the chain does not have are not placed, and rotated ones are sealed', async (t) => {
    const ground = await stage(t);
    const { chain, rotates, keystore, sealed, runtime, rpc } = ground;
    chain.registers(publicKey('//Bob'));
    const guard = await ground.run('--validator', VALIDATOR, '--metrics-port', '0');
    await until('a refusal', () => sayOf(ground).startsWith('audi: the chain has '));
    const other = `has ${publicKey('//Bob')}, this machine has ${publicKey('//Alice')}`;
    assert.match(sayOf(ground), new RegExp(other));
    assert.deepEqual(readdirSync(keystore), []);
    assert.equal((await cli('guard', 'status', '--runtime', runtime)).code, 3);
    chain.registers(publicKey('//Alice'));
    const node = await placedNode(ground);
    assert.equal(readdirSync(keystore).length, 1);

    const url = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(guard.log())?.[0] ?? assert.fail(guard.log());
    const metrics = await (await fetch(url)).text();
    assert.match(metrics, /^watchbill_guard_refusals_total\{kind="audi"\} 1$/m);
    assert.match(metrics, /^watchbill_guard_keys\{kind="audi",state="open"\} 1$/m);

    const second = await ground.run();
    assert.equal(await second.code, 3);
    assert.match(second.log(), /another guard works with .*run/);

    rotates(() => {
      writeFileSync(join(keystore, fileOf('//Eve')), JSON.stringify('//Eve'), { mode: 0o600 });
      return publicKey('//Eve');
    });
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

  test('a file without an announcement ends the node, and so does a removed key', async (t) => {
    const ground = await stage(t);
    const { keystore } = ground;
    const faults: readonly (readonly [() => void, RegExp])[] = [
      [() => writeFileSync(join(keystore, fileOf('//Eve')), '"//Eve"'), /was not placed by this guard/],
      [() => rmSync(join(keystore, fileOf('//Alice'))), /was removed, and not by this guard/],
    ];
    for (const [harm, message] of faults) {
      const guard = await ground.run();
      const isPlaced = (found: GuardStatus | null) =>
        found?.pid === guard.child.pid && found?.keys[0]?.state === 'open';
      await until('the key is placed', () => isPlaced(ground.status()));
      assert.match(guard.log(), /keys-not-asked/);
      const pid = ground.status()?.node ?? assert.fail();
      harm();
      assert.equal(await guard.code, 3, guard.log());
      assert.match(guard.log(), message);
      assert.deepEqual(readdirSync(keystore), []);
      assert.throws(() => process.kill(pid, 0), /ESRCH/);
    }
  });

  test('after an offence the guard stays stopped, also if its latch cannot be read, until a person lifts it', async (t) => {
    const ground = await stage(t);
    const { chain, keystore, state } = ground;
    const [latch, flags] = [join(state, 'latch.json'), ['--validator', VALIDATOR]];
    const guard = await ground.run(...flags);
    const pid = await placedNode(ground);
    chain.disables(1);
    assert.equal(await guard.code, 7, guard.log());
    assert.deepEqual(readdirSync(keystore), []);
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
    const held = readFileSync(latch, 'utf8');
    for (const [text, why] of [
      [held, /stopped since 20.*Z: the chain disabled/],
      ['{"cause":"offence"', /latch.json cannot be read/],
    ] as const) {
      chain.disables(text === held ? 1 : null);
      writeFileSync(latch, text);
      const again = await ground.run(...flags);
      assert.equal(await again.code, 7, again.log());
      assert.match(again.log(), why);
      assert.match(again.log(), /what to do: .*`watchbill guard allow "/);
      assert.deepEqual(readdirSync(keystore), []);
    }
    writeFileSync(latch, held);
    chain.disables(1);
    assert.equal((await cli('guard', 'allow', ' ', '--state', state)).code, 2);
    const lifted = await cli('guard', 'allow', 'the copy is wiped', '--state', state);
    assert.equal(lifted.code, 0, lifted.text);
    assert.match(lifted.text, /^lifted: the guard stays stopped since 20\d\d-.*Z: the chain disabled/);
    const third = await ground.run(...flags);
    await until('the key is placed', () => third.log().includes('key-open'));
    assert.match(third.log(), /person-allows.*the copy is wiped/);
    chain.disables(null);
    await until('the latch is gone', () => !existsSync(latch));
    await stop(third);
  });

  test('a guard that was stopped beyond its lease ends the node', async (t) => {
    const ground = await stage(t);
    const guard = await ground.run();
    const pid = await placedNode(ground);
    guard.child.kill('SIGSTOP');
    await sleep(10_500);
    process.kill(pid, 0);
    guard.child.kill('SIGCONT');
    await until('another process of the node', () => ![pid, null].includes(ground.status()?.node ?? null));
    assert.match(guard.log(), /lease-lapsed/);
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
    await stop(guard);
  });

  test('a word that would allow nothing now is refused, and is not left for later', async (t) => {
    const { runtime, state } = await stage(t);
    mkdirSync(runtime);
    const allow = (...more: readonly string[]) =>
      cli('guard', 'allow', 'checked by Ada', '--runtime', runtime, '--state', state, ...more);
    const says = fakeGuard(t, runtime);
    says({ state: 'refused' });
    const clone = await allow();
    assert.deepEqual([clone.code, /no key waits/.test(clone.text)], [3, true], clone.text);
    // The clock may have stepped back since a guard that is gone wrote its last status.
    for (const aheadMs of [-60_000, 60_000]) {
      says({}, aheadMs);
      const old = await allow();
      assert.deepEqual([old.code, /no running guard writes/.test(old.text)], [4, true], old.text);
    }
    says({ validator: VALIDATOR });
    const one = await allow();
    assert.deepEqual([one.code, /a spare[\s\S]*--validator 5GNJqTPy/.test(one.text)], [2, true], one.text);
    assert.deepEqual(readdirSync(runtime), ['status.json']);
    assert.equal((await allow('--validator', '5Other')).code, 2);
    assert.equal((await allow('--validator', VALIDATOR)).code, 0);
    assert.match(readFileSync(join(runtime, 'allow.json'), 'utf8'), /"validator":"5GNJqTPy/);
  });

  test('the word of root is a file that the guard can read', {
    skip: process.getuid?.() === 0 ? false : 'needs root',
  }, async (t) => {
    const { runtime } = await stage(t);
    const user = 65_534;
    mkdirSync(runtime);
    fakeGuard(t, runtime)({});
    chmodSync(dirname(runtime), 0o711);
    chownSync(runtime, user, user);
    // It becomes that user, so it needs a process.
    const { code, log } = started(t, ['guard', 'allow', 'checked by Ada', '--runtime', runtime]);
    assert.equal(await code, 0, log());
    assert.equal(statSync(join(runtime, 'allow.json')).uid, user);
  });

  test('a rotation without a guard, or by a node that refuses, makes no keys', async (t) => {
    const ground = await stage(t);
    const flags = ['--validator', VALIDATOR, '--rpc', ground.rpc, '--runtime', ground.runtime];
    const early = await cli('guard', 'rotate', ...flags);
    assert.equal(early.code, 4);
    assert.match(early.text, /no running guard writes/);
    const guard = await ground.run();
    await until('a status', () => ground.status() !== null);
    ground.rotates(() => {
      throw new Error('RPC call is unsafe to be called externally');
    });
    const refused = await cli('guard', 'rotate', ...flags);
    assert.equal(refused.code, 1, refused.text);
    assert.match(refused.text, /the node made no keys/);
    assert.match(refused.text, /--rpc-methods unsafe/);
    assert.equal((await cli('guard', 'rotate', ...flags, '--validator', 'x')).code, 2);
    await stop(guard);
    fakeGuard(t, ground.runtime)({ validator: VALIDATOR });
    const shown = await cli('guard', 'status', '--runtime', ground.runtime);
    assert.match(shown.text, /^VALIDATOR +KEY .*\n5GNJqTPy…ctxiZY +gran/m);
    const other = await cli('guard', 'rotate', ...flags);
    assert.deepEqual([other.code, /this machine is a spare/.test(other.text)], [2, true], other.text);
  });
});
