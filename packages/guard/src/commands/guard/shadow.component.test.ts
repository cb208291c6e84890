import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { cli, publicKey, stage, until, VALIDATOR } from './testing/guard-stage.ts';

/** Names, contents and times of a folder. */
function photo(folder: string): unknown {
  return readdirSync(folder).map((file) => {
    const { ino, mode, ctimeMs } = statSync(join(folder, file));
    return { file, ino, mode, ctimeMs, text: readFileSync(join(folder, file), 'utf8') };
  });
}

test('a shadow says what the guard would do, and leaves every file as it is', {
  timeout: 120_000,
}, async (t) => {
  const ground = await stage(t);
  const [before, around] = [photo(ground.plain), readdirSync(dirname(ground.plain))];
  const shadow = ground.shadow('--validator', VALIDATOR, '--metrics-port', '0', '--json');
  await until('a decision', () => shadow.log().includes('would-place'));
  const url = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(shadow.log())?.[0] ?? assert.fail(shadow.log());
  const metrics = await (await fetch(url)).text();
  assert.match(metrics, /^watchbill_guard_keys\{kind="audi",state="open",mode="shadow"\} 1$/m);
  const series = metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(
    series.filter((line) => !line.includes('mode="shadow"')),
    [],
  );
  shadow.child.kill('SIGTERM');
  assert.equal(await shadow.code, 0, shadow.log());
  const seen = JSON.parse(shadow.log().slice(shadow.log().indexOf('{\n')));
  assert.equal(seen.mode, 'shadow');
  const [{ kind, would, inKeystore, placedAfterMs, publicKey: key }] = seen.keys;
  assert.deepEqual([kind, inKeystore, key], ['audi', true, publicKey('//Alice')]);
  assert.ok(['place', 'keep'].includes(would), would);
  assert.ok(placedAfterMs >= 0);
  assert.deepEqual(photo(ground.plain), before);
  assert.deepEqual(readdirSync(dirname(ground.plain)), around, 'it made no folder of state');
  assert.equal(shadow.log().includes('//Alice'), false, 'no secret');
});

test('a shadow names keys that the guard would refuse, and ends after its time', {
  timeout: 120_000,
}, async (t) => {
  const ground = await stage(t);
  ground.chain.registers(publicKey('//Bob'));
  const shadow = ground.shadow('--validator', VALIDATOR, '--seconds', '3');
  assert.equal(await shadow.code, 0, shadow.log());
  assert.match(shadow.log(), /would refuse the key: audi: the chain has /);
  assert.match(shadow.log(), /^shadow of \d+ s: it wrote nothing$/m);
  assert.match(shadow.log(), /^audi +0x\w+…\w+ +in the keystore +refuse it +never +audi: the chain has/m);
});

test('a shadow without a keystore to read is a usage fault', { timeout: 120_000 }, async (t) => {
  const ground = await stage(t);
  const nodes = ['--rpc', ground.fake, '--witness', 'ws://127.0.0.1:9', 'ws://127.0.0.1:10'];
  for (const [folder, message] of [
    ['none', /none cannot be listed.*name the keystore of the node/s],
    ['sealed', /the keystore holds no session key/],
  ] as const) {
    const path = join(dirname(ground.plain), folder);
    const { code, text } = await cli('guard', 'shadow', '--keystore', path, '--database', '/tmp', ...nodes);
    assert.deepEqual([code, message.test(text)], [2, true], text);
  }
});
