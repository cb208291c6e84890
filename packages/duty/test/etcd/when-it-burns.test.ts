// The situations of the emergency page that need a store with several services.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEtcdCluster } from '@watchbill/testkit';
import { promptsOf } from '@watchbill/testkit/pages/page-run';
import { isShownAs } from '@watchbill/testkit/pages/shown';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { KEY, startWorld, until } from '@watchbill/testkit/pages/world';

const PAGE = 'docs/duty/how-to/when-it-burns.md';
const BOXES = ['box1', 'box2', 'box3'];

test(`${PAGE}: the store is down, and one of three services is left`, {
  timeout: 240_000,
}, async (context) => {
  const cluster = await startEtcdCluster({ binary: 'v3.6', members: 1 });
  context.after(() => cluster.close());
  const store = { kind: 'etcd', endpoints: cluster.endpoints, prefix: '/watchbill/' };
  const world = await startWorld('burns', { boxes: BOXES, store });
  const shell = (commands: string) =>
    world.shell(`export WATCHBILL_CONFIG=box1/watchbill.yaml; ${commands} 2>&1 || true`);
  const third = `http://127.0.0.1:${world.ports.get('box3')}`;
  const prompts = [...promptsOf(PAGE)];
  const follow = async (count: number) => {
    for (const { commands, shown } of prompts.splice(0, count)) {
      const own = commands.replace('222222', KEY.slice(-6)).replace('https://box3:8450', third);
      const printed = await shell(own);
      assert.ok(isShownAs(shown, printed), `${own}\n${printed}`);
    }
  };
  const frozenAt = async (boxes: readonly string[]) => {
    for (const box of boxes) {
      const answers: string[] = [];
      await until(`${box} denies`, async () => {
        answers.push(await world.claim(box));
        return answers.at(-1) === 'denied:key-frozen';
      });
      assert.doesNotMatch(answers.join(), /granted/, box);
    }
  };
  await world.grant('box1');
  for (const member of cluster.members) await member.kill();
  await until('the service says so', async () => (await shell('watchbill status')).includes('store    DOWN'));
  await follow(2);
  assert.match(await shell('watchbill top --once'), /1 key: 1 not granting[\s\S]*DOWN/);
  for (const member of cluster.members) await member.start();
  await follow(2);
  await frozenAt(BOXES);
  await shell('watchbill freeze lift --all --reason "the store answers"');
  await world.grant('box3');
  await world.shell('kill -9 $(cat .watchbill@box1.pid .watchbill@box2.pid)');
  await follow(1);
  await world.shell('systemctl start watchbill@box1 watchbill@box2');
  await frozenAt(BOXES);
  assert.deepEqual(prompts, [], 'commands that were not run');
  stamp(PAGE, `etcd ${cluster.version}`);
});
