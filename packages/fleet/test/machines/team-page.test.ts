// Every command of work-in-a-team.md but one, as printed, while Alice applies the same network to
// machines that systemd booted. The one about a cluster runs in packages/fleet/test/clusters/team.test.ts.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { type BootedMachines, bootMachines } from '@watchbill/testkit/machines/booted';
import { followPage, type Substitution } from '@watchbill/testkit/pages/follow';
import { stepsOf } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import type { Machine } from '@watchbill/testkit/pages/world';
import { operatorIn } from '../command.ts';
import { until } from './ground.ts';
import { networkOn, pageReader } from './operators.ts';

const PAGE = 'docs/fleet/how-to/plan-and-apply.md#in-a-team';
const PLACES = ['iron', 'tin'] as const;
const LOCK = '/var/lib/watchbill-fleet/pier/shared/lock';
const LAST = '"$(basename "$(ls -t .watchbill-fleet/plans | head -n 1)" .json)"';
const PLAN_ID: Substitution = ['5ab1c0ffee00', LAST, 'the id is that of the plan which was just made'];
const SAID = 'waiting.txt';
const WATCHED: Substitution = [
  '--wait 600',
  `--wait 600 > ${SAID} 2>&1 || (ended=$?; cat ${SAID}; exit $ended)`,
  'the test sees when it waits',
];
const ALICE: Substitution = ['alice@laptop', `${userInfo().username}@${hostname()}`, 'who runs the test'];
const KEYS = "{node: {source: secret, secret: '{node}-node'}}";
const RPC = `  rpc: {role: rpc, places: {iron: 1, tin: 1}, keys: ${KEYS}}\n`;
const archive = (place: string): string =>
  `  archive: {role: archive, place: ${place}, ports: {p2p: 30500, rpc: 9960, metrics: 9700}}\n`;

const left = new Set(stepsOf(PAGE).map(({ heading }) => heading));
left.delete('In a cluster');
let ground: BootedMachines;
/** Bob. */
let reader: Machine;
before(async () => {
  ground = await bootMachines(PLACES);
  reader = await pageReader(ground, 'bob');
  writeFileSync(join(reader.folder, 'network.yaml'), networkOn(ground, PLACES, `${RPC}${archive('tin')}`));
  writeFileSync(join(reader.folder, 'node.key'), randomBytes(32).toString('hex'), { mode: 0o600 });
});
after(() => ground?.close());

async function follow(heading: string, status: number, table: readonly Substitution[] = []): Promise<string> {
  left.delete(heading);
  const ends = status === 0 ? [] : ([['watchbill', status]] as const);
  const outputs = await followPage(reader, PAGE, { only: [heading], ends, table, printed: [ALICE] });
  return outputs.join('');
}

/** An apply of Alice that is held after it began. The program is no node, so it never becomes healthy. */
async function aliceApplies(context: TestContext, name: string, pool: string) {
  const folder = join(ground.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'network.yaml'), networkOn(ground, PLACES, pool));
  const alice = operatorIn(context, folder, ['--ssh-config', ground.sshConfigFile]);
  const apply = async (...flags: readonly string[]) => {
    const { id, problems } = await alice.plan(...flags);
    assert.deepEqual(problems, []);
    const applied = alice.start(['apply', id, '--gate-timeout', '5']);
    await applied.says(/^begun /m);
    return applied;
  };
  return { alice, apply };
}

test('what a second operator sees while the first one applies, and afterwards', async (context) => {
  const { alice, apply } = await aliceApplies(context, 'alice', RPC);
  for (const place of PLACES) {
    const put = alice.start(
      ['secrets', 'put', `rpc-${place}-0-node`, 'key'],
      randomBytes(32).toString('hex'),
    );
    const { code, all } = await put.ended;
    assert.equal(code, 0, all);
  }
  await (await apply('--first-time')).ended;

  await follow('Plan', 6);
  writeFileSync(join(alice.folder, 'network.yaml'), networkOn(ground, PLACES, `${RPC}${archive('iron')}`));
  const applied = await apply();
  applied.child.kill('SIGSTOP');
  await follow('Apply', 3, [PLAN_ID]);
  await follow('Secrets, restores and keys', 3);
  const waited = follow('Wait for another apply', 3, [PLAN_ID, WATCHED]);
  const said = join(reader.folder, SAID);
  await until('it waits', () => existsSync(said) && readFileSync(said, 'utf8').includes('waiting for'));
  applied.child.kill('SIGCONT');
  assert.match(await waited, /another plan was begun after this one was made/);
  await applied.ended;
});

test('a lock that a person removes is noticed by its holder', async (context) => {
  const { apply } = await aliceApplies(context, 'again', `${RPC}${archive('tin')}`);
  const applied = await apply();
  applied.child.kill('SIGSTOP');
  const [iron] = ground.machines;
  await follow('On a machine', 0, [['root@iron', `root@${iron?.address}`, 'the machine has no name here']]);
  assert.equal(iron?.on(`ls ${LOCK} 2> /dev/null || echo gone`), 'gone\n');
  applied.child.kill('SIGCONT');
  const { all } = await applied.ended;
  assert.match(all, /the lock was removed/);
  assert.deepEqual([...left], [], 'these tests run every command of the page');
  const systemd = /systemd (\d+)/.exec(iron?.on('systemctl --version') ?? '')?.[1];
  stamp(PAGE, `systemd ${systemd}`);
});
