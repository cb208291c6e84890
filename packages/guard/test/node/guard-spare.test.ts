// One spare for three stock validators, over a real etcd: it takes the place of two of them, one after the
// other. Runs every command of the page.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { writeAddress } from '@watchbill/chain/address';
import { devKey, startEtcdCluster, waitFor } from '@watchbill/testkit';
import { stamp } from '@watchbill/testkit/pages/stamp';
import {
  allowVotes,
  type GuardedMachine,
  guardedMachine,
  PATIENCE,
  powerCut,
  runCommand,
  stage,
  untilPlaced,
} from './guarded.ts';
import { commandsOf, wordsOf } from './guarded-pair.ts';

const PAGE = 'docs/guard/how-to/guard-spare.md';
const NAMES = ['Charlie', 'Dave', 'Eve'] as const;
const stashOf = (name: (typeof NAMES)[number]): string =>
  writeAddress({ prefix: 42, publicKey: `0x${devKey(name).stash}` });

/** Three validators on their own machines, which are active, and the spare. */
async function spareStage(context: TestContext) {
  const ground = await stage(context);
  const etcd = await startEtcdCluster({ binary: 'debian' });
  context.after(() => etcd.close());
  const pairFile = (machine: string, validator: string): string => {
    const file = join(ground.memory, machine, `pair-${validator}.yaml`);
    const store = { kind: 'etcd', endpoints: etcd.endpoints, prefix: `/watchbill-guard/${validator}/` };
    writeFileSync(file, JSON.stringify({ name: machine, store }));
    return file;
  };
  const folder = join(ground.memory, 'spare');
  mkdirSync(folder);
  const own: Record<string, GuardedMachine> = {};
  const validators: object[] = [];
  const guard = (validator: string, ...args: readonly string[]) =>
    runCommand('guard', ...args, '--pair', join(folder, `pair-${validator.toLowerCase()}.yaml`));
  for (const of of NAMES) {
    const name = of.toLowerCase();
    mkdirSync(join(ground.memory, name));
    own[of] = await guardedMachine(ground, `own-${name}`, { of, pair: pairFile(name, name) });
    const [sealed, identity] = [`sealed-${name}`, `${name}.identity`];
    for (const [from, to] of [['sealed', sealed] as const, ['identity', identity] as const])
      cpSync(join(ground.memory, `own-${name}`, from), join(folder, to), { recursive: true });
    pairFile('spare', name);
    validators.push({ validator: stashOf(of), sealed, identity, pair: `pair-${name}.yaml` });
    const first = await guard(of, 'take-over', '--to', name, '--reason', 'a new pair');
    assert.equal(first.code, 0, first.text);
  }
  const spareFile = join(folder, 'spare.yaml');
  writeFileSync(spareFile, JSON.stringify({ validators }));
  const spare = await guardedMachine(ground, 'spare', { spare: spareFile });
  await spare.node.start();
  // One after the other: the chain finalises with four of its five voters.
  for (const of of [...NAMES].reverse()) {
    if (of !== 'Eve') await ground.network.node(of.toLowerCase()).stop();
    const stoppedAt = await ground.network.node('alice').finalisedNumber();
    const machine = own[of] ?? assert.fail(of);
    await machine.node.start();
    await machine.node.untilFinalised(stoppedAt + 3);
    await allowVotes(machine, 'the plain node was stopped, and its last round is over');
    // A voter whose key is placed votes from the next round on.
    await machine.node.untilFinalised((await machine.node.finalisedNumber()) + 6);
  }
  const keysOf = (name: (typeof NAMES)[number]) =>
    spare.status()?.keys.filter((key) => key.validator === stashOf(name)) ?? [];
  await waitFor(
    'the spare compares all keys',
    () => NAMES.every((name) => keysOf(name).length === 4),
    PATIENCE,
  );
  /** The keys of this validator are placed on the spare, and no others. */
  const untilSpare = async (name: (typeof NAMES)[number]): Promise<void> => {
    const detail = () => JSON.stringify(spare.status()?.keys);
    const isPlaced = () => keysOf(name).every(({ state }) => state === 'open');
    await waitFor(`the spare has the keys of ${name}`, isPlaced, { ...PATIENCE, detail });
    assert.equal(readdirSync(join(spare.runtime, 'keystore')).length, 4);
  };
  return { ...ground, own, spare, guard, untilSpare, folder, etcd };
}

test('one spare takes the place of two of three validators, one after the other', async (context) => {
  const { own, spare, guard, untilSpare, observer, folder, etcd } = await spareStage(context);
  const machine = (name: string): GuardedMachine => own[name] ?? assert.fail(name);
  const sign = (...names: readonly string[]) => {
    const since = Date.now();
    return Promise.all(names.map((name) => observer.untilFirstSignature(name, since, PATIENCE.timeoutMs)));
  };
  await sign(...NAMES);
  const [STATUS = '', TAKE_OVER = '', DRILL = '', HAND_BACK = '', ...more] = commandsOf(PAGE);
  assert.deepEqual(more, []);
  /** Runs a command of the page, for Eve or Dave. */
  const pageRun = (line: string, ...flags: readonly string[]) =>
    runCommand('guard', ...wordsOf(line).map((word) => word.replace('/etc/watchbill', folder)), ...flags);
  const forDave = (line: string): string => line.replace('pair-eve', 'pair-dave');

  await powerCut(machine('Eve'));
  const taken = await pageRun(TAKE_OVER, '--yes');
  assert.equal(taken.code, 0, taken.text);
  await untilSpare('Eve');
  await sign('Eve');

  const status = await pageRun(STATUS, '--runtime', spare.runtime);
  assert.equal(status.code, 0, status.text);
  const refused = await pageRun(DRILL);
  assert.equal(refused.code, 3, refused.text);
  assert.match(refused.text, new RegExp(`guard of spare +it is active for ${stashOf('Eve')}`));
  context.diagnostic(`${status.text}\n${refused.text}`);

  await machine('Eve').node.start();
  let drill = await guard('Eve', 'handover', '--to', 'eve');
  const isReady = async () => {
    if (drill.code !== 0) drill = await guard('Eve', 'handover', '--to', 'eve');
    return drill.code === 0;
  };
  await waitFor('the machine of Eve has caught up', isReady, { ...PATIENCE, detail: () => drill.text });
  const back = await pageRun(HAND_BACK, '--yes');
  assert.equal(back.code, 0, back.text);
  await untilPlaced(machine('Eve'));
  // Without the votes of Dave the chain needs those of Eve, who votes from the next round on.
  await sign('Eve');

  await powerCut(machine('Dave'));
  const second = await pageRun(forDave(TAKE_OVER), '--yes');
  assert.equal(second.code, 0, second.text);
  await untilSpare('Dave');
  await sign('Dave', 'Eve');
  const { equivocations } = await observer.report();
  assert.deepEqual([equivocations.blocks, equivocations.votes], [0, 0]);
  stamp(PAGE, `etcd ${etcd.version}`);
});
