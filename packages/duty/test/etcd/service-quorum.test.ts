import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type EtcdBinary, startEtcdCluster } from '@watchbill/testkit';
import { claimOnce, claimSlot } from '@watchbill/testkit/service/race';
import { type RaceStage, raceThrough, type Stage } from '../support/etcd-race.ts';
import { nodesOfNewKey, startEtcdServices } from '../support/etcd-services.ts';
import { sessionsSettled } from '../support/race-on-services.ts';

const options = { timeout: 240_000 };
const CLAIM_TIMEOUT_MS = 500;
const UNITS = [901, 902];
const ATTEMPTS = 600;

async function startStage(context: TestContext, binary: EtcdBinary, sessionTtlMs: number): Promise<Stage> {
  const cluster = await startEtcdCluster({ binary });
  context.after(() => cluster.close());
  return { cluster, services: await startEtcdServices(context, { cluster, count: 2, sessionTtlMs }) };
}

/** The race goes on when the majority is back, in the same processes. */
async function withoutMajority(
  context: TestContext,
  stage: Stage,
  meanwhile: (race: RaceStage) => Promise<void>,
): Promise<void> {
  const pids = stage.services.all.map(({ pid }) => pid);
  await raceThrough(context, stage, async (race) => {
    const lost = stage.cluster.members.slice(0, 2);
    await Promise.all(lost.map((member) => member.kill()));
    await meanwhile(race);
    await Promise.all(lost.map((member) => member.start()));
    await race.race.goesOn();
    await sessionsSettled(stage);
  });
  const now = stage.services.all.map(({ pid }) => pid);
  assert.deepEqual(now, pids, 'no service was started again');
}

test(
  'no majority for less than a session: every claim ends as unknown by its deadline, and is granted later',
  options,
  async (context) => {
    const stage = await startStage(context, 'debian', 10_000);
    const [node] = await nodesOfNewKey(stage.services.all, 999);
    assert.ok(node !== undefined);
    await withoutMajority(context, stage, async ({ services }) => {
      // All at once: one after the other they could outlast the session.
      const claim = { ...node, timeoutMs: CLAIM_TIMEOUT_MS };
      const asked = UNITS.flatMap((unit) => services.all.map(({ url }) => claimOnce(url, claim, unit)));
      for (const { status, outcome, reason } of await Promise.all(asked)) {
        // A status says that the service answered, before the client gave up by itself.
        assert.deepEqual({ status, outcome }, { status: 503, outcome: 'unknown' });
        assert.match(reason, /^(deadline|store-unavailable)$/);
      }
    });
    const last = UNITS.at(-1) ?? 0;
    assert.equal((await claimSlot(node, last, ATTEMPTS)).outcome, 'granted');
  },
);

test(
  'no majority for longer than a session: claims are unknown because of the store, and granted later',
  options,
  async (context) => {
    const stage = await startStage(context, 'v3.6', 6_000);
    await withoutMajority(context, stage, async ({ services, race }) => {
      const from = race.told().length;
      const refused = () =>
        new Set(
          race
            .told()
            .slice(from)
            .filter(({ reason }) => reason === 'store-unavailable')
            .map(({ url }) => url),
        );
      while (refused().size < services.all.length) await race.answers(1);
    });
  },
);
