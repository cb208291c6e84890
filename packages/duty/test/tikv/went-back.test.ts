import assert from 'node:assert/strict';
import test from 'node:test';
import { claimOnce } from '@watchbill/testkit/service/race';
import { nodesOfNewKey } from '../support/etcd-services.ts';
import { startLongRace, twiceGranted } from '../support/long-race.ts';
import { copyData, putBack } from '../support/tikv-copy.ts';
import { startTikvStage } from '../support/tikv-stage.ts';
import { untilBehind } from '../support/until-behind.ts';

const ASKED_AGAIN = 30;

test('TiKV set back to an older copy under running services: nothing is granted any more, and all say so', {
  timeout: 300_000,
}, async (context) => {
  const stage = await startTikvStage(2);
  context.after(() => stage.close());
  const { cluster, services } = stage;
  const nodes = (await nodesOfNewKey(services.all, 1)).map((node) => ({ ...node, timeoutMs: 1_000 }));
  const race = startLongRace(nodes);
  context.after(async () => void (await race.stop()));
  await race.goesOn();
  await copyData(cluster);
  await services.ready();
  await race.goesOn();
  await putBack(cluster);
  const from = race.told().length;
  for (const service of services.all) await untilBehind(service);
  await race.answers();
  const told = await race.stop();
  const after = told.slice(from).filter(({ outcome }) => outcome === 'granted');
  assert.deepEqual(after, [], 'granted from the past');
  assert.deepEqual(twiceGranted(told), []);
  // Every unit that was won, asked for again by the other node at every service.
  const won = told.filter(({ outcome }) => outcome === 'granted').slice(-ASKED_AGAIN);
  const answers = new Set<string>();
  for (const service of services.all) {
    for (const { unit, payload } of won) {
      const other = nodes.find((node) => node.payload !== payload);
      assert.ok(other !== undefined);
      const { outcome, reason } = await claimOnce(service.url, other, unit);
      answers.add(`${outcome}:${reason}`);
    }
  }
  const wrong = [...answers].filter((one) => !['denied:store-behind', 'denied:session-lost'].includes(one));
  assert.deepEqual(wrong, [], 'other answers of a store that went back');
});
