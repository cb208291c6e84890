import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { claimOnce, claimSlot } from '@watchbill/testkit/service/race';
import { nodesOfNewKey } from '../support/etcd-services.ts';
import { raceThroughTikv, startTikvStage, type TikvStage } from '../support/tikv-stage.ts';
import { holdCommits } from './race.ts';

const options = { timeout: 240_000 };
/** Every service keeps its records under a prefix that begins so, and all of them lie in one region. */
const ANY_RECORD = '/watchbill/';
/** Where a service that is killed has a transaction under way, or its entry not yet written. */
const FAILPOINTS = ['before-transaction', 'after-transaction', 'after-append'] as const;
const VISIT = 8;
const SESSION_TTL_MS = 8_000;
const CLAIM_TIMEOUT_MS = 500;

describe('two services on TiKV, killed and cut from their store while nodes claim at either', () => {
  let stage: TikvStage;
  before(async () => {
    stage = await startTikvStage(2, SESSION_TTL_MS);
  });
  after(() => stage?.close());

  for (const failpoint of FAILPOINTS) {
    test(`one is killed at ${failpoint}, and started again`, options, async (t) => {
      await raceThroughTikv(t, stage, async ({ services, race }) => {
        const victim = services.at(0);
        await victim.kill('SIGKILL');
        await victim.restart({ WATCHBILL_FAILPOINT: `${failpoint}:${VISIT}` });
        await victim.gone();
        assert.equal(victim.exitCode(), null, 'a signal ended it');
        await race.goesOn(5);
        await victim.restart();
      });
    });
  }

  test(
    'one is killed between prewrite and commit: its lock delays the other, and nothing else',
    options,
    (t) =>
      raceThroughTikv(t, stage, async ({ cluster, services, race }) => {
        await holdCommits(cluster, 1);
        await services.at(0).kill('SIGKILL');
        await cluster.faults({});
        await race.goesOn(5);
        await services.at(0).restart();
      }),
  );

  test('the store that leads is killed and comes back', options, (t) =>
    raceThroughTikv(t, stage, async ({ cluster, race }) => {
      const leader = await cluster.storeLeader(ANY_RECORD);
      await leader.kill();
      await race.goesOn();
      await leader.start();
    }),
  );

  test('the PD that leads is killed and comes back', options, (t) =>
    raceThroughTikv(t, stage, async ({ cluster, race }) => {
      const leader = await cluster.pdLeader();
      await leader.kill();
      await race.goesOn();
      await leader.start();
    }),
  );

  test(
    'two of three stores are dead: claims end as unknown by their deadline, and are granted later',
    options,
    async (t) => {
      const [node] = await nodesOfNewKey(stage.services.all, 999);
      assert.ok(node !== undefined);
      await raceThroughTikv(t, stage, async ({ cluster, services, race }) => {
        const leader = await cluster.storeLeader(ANY_RECORD);
        const other = cluster.stores.find((store) => store !== leader);
        await Promise.all([leader.kill(), other?.kill()]);
        for (const { url } of services.all) {
          const claim = { ...node, timeoutMs: CLAIM_TIMEOUT_MS };
          // A status says that the service answered, before the client gave up by itself.
          const { status, outcome, reason } = await claimOnce(url, claim, 901);
          assert.deepEqual({ status, outcome }, { status: 503, outcome: 'unknown' });
          assert.match(reason, /^(deadline|store-unavailable)$/);
        }
        await Promise.all([leader.start(), other?.start()]);
        await race.goesOn();
      });
      assert.equal((await claimSlot(node, 902, 100)).outcome, 'granted');
    },
  );

  test(
    'the disks of the stores are full: claims end as unknown, and are granted when there is room',
    options,
    async (t) => {
      const [node] = await nodesOfNewKey(stage.services.all, 998);
      assert.ok(node !== undefined);
      await raceThroughTikv(t, stage, async ({ cluster, services, race }) => {
        await cluster.faults({ KvPrewrite: 'disk-full', KvCommit: 'disk-full' });
        for (const { url } of services.all) {
          const { outcome, reason } = await claimOnce(url, { ...node, timeoutMs: CLAIM_TIMEOUT_MS }, 901);
          assert.equal(outcome, 'unknown');
          assert.match(reason, /^(deadline|store-unavailable|store-full)$/);
          t.diagnostic(reason);
        }
        await cluster.faults({});
        await race.goesOn();
      });
      assert.equal((await claimSlot(node, 902, 100)).outcome, 'granted');
    },
  );

  test('all six are killed and started again, and both services with them', options, (t) =>
    raceThroughTikv(t, stage, async ({ cluster, services, race }) => {
      await Promise.all(services.all.map((service) => service.kill('SIGKILL')));
      await cluster.stopAll();
      await cluster.startAll();
      await Promise.all(services.all.map((service) => service.restart()));
      await race.goesOn();
    }),
  );
});
