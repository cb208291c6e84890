// Keys that are sealed at rest: a gated node signs with them, and a stock node on the same folders has none.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, renameSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';
import { adopt, refusedStart, startAlice, WAIT } from '@watchbill/testkit/scenario/alice-ground';

/** Several slots of a second each, in all of which the only authority is due. */
const SLOTS_MS = 6_000;

test('a stock node has no key where a gated one signs with sealed keys', async (context) => {
  let flags: readonly string[] = [];
  const { alice, service, gated } = await startAlice(context, () => flags);
  const [sealed, identity, backup] = ['sealed', 'identity', 'backup'].map((name) =>
    join(alice.folder, name),
  ) as [string, string, string];
  const guard = (...args: readonly string[]): string =>
    execFileSync(process.execPath, [COMMAND, 'guard', ...args], { encoding: 'utf8', timeout: 60_000 });
  const move = [
    'seal',
    '--keystore',
    alice.keystorePath,
    '--sealed',
    sealed,
    '--remove',
    '--identity',
    identity,
  ];
  const unseal = ['unseal', '--sealed', sealed, '--identity', identity, '--keystore', alice.keystorePath];
  const withSealed = [...gated, '--duty-sealed-keys', sealed, '--duty-identity', identity];
  const untilBeyond = (block: number) =>
    waitFor('a further block', async () => (await alice.bestNumber()) > block, WAIT);
  guard('identity', '--out', identity);
  assert.match(guard(...move), /gran {3}0x88dc.*Sealed in .*removed from/s);
  assert.deepEqual(readdirSync(alice.keystorePath), []);

  await context.test('a gated node opens them and signs what is granted', async () => {
    flags = withSealed;
    await alice.start();
    await adopt(service, await alice.rpc.call<string>('chain_getBlockHash', [0]));
    await untilBeyond(1);
    assert.deepEqual(readdirSync(alice.keystorePath), []);
    await alice.stop();
  });

  await context.test('a stock node on the same folders makes no block', async () => {
    flags = ['--duty-off-confirmed'];
    await alice.start();
    const best = await alice.bestNumber();
    await sleep(SLOTS_MS);
    assert.equal(await alice.bestNumber(), best);
    await alice.stop();
  });

  await context.test('a key that is also unsealed, and one that is damaged, end the start', async () => {
    flags = withSealed;
    guard(...unseal);
    assert.match(
      await refusedStart(alice),
      /is sealed, and unsealed in the node's keystore too.*seal --remove/,
    );
    guard(...move);
    const [file = ''] = readdirSync(sealed);
    copyFileSync(join(sealed, file), backup);
    truncateSync(join(sealed, file), 100);
    assert.match(await refusedStart(alice), new RegExp(`${file}: it cannot be opened, so it is damaged`));
    renameSync(backup, join(sealed, file));
  });

  await context.test('unsealed, a stock node signs again: the control, and the way back', async () => {
    flags = ['--duty-off-confirmed'];
    guard(...unseal);
    await alice.start();
    await untilBeyond(await alice.bestNumber());
    await alice.stop();
  });

  await context.test('a new key that is not sealed is named in a warning', async () => {
    guard(...move);
    mkdirSync(alice.keystorePath, { recursive: true });
    alice.putKeys([{ suri: '//Bob', types: ['babe'] }]);
    flags = withSealed;
    const mark = alice.logMark();
    await alice.start();
    await untilBeyond(await alice.bestNumber());
    assert.equal(alice.grep(/babe 0x8eaf.* is unsealed in the keystore/, mark).length, 1);
    await alice.stop();
  });
});
