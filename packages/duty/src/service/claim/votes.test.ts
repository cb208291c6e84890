import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { PolicyDocument } from '../contract.ts';
import { ask, CHAIN, FIT_REPORT, startAdopted, startPair, vote } from '../testing/services.ts';
import { until } from '../testing/world.ts';

const READY = {
  required: true,
  maxAgeMs: 10_000,
  minPeers: 1,
  maxFinalityLagBlocks: 10,
  maxClockOffsetMs: 200,
};
const enter = (unit: string) => ({ duty: 'grandpa', unit, part: 'enter', digest: null, term: '1' }) as const;
const prevote = (unit: string) => ({ duty: 'grandpa', unit, part: 'prevote', digest: vote('01') }) as const;

/** Round 0/5 is entered at the first service; the second one has read the mark before that. */
async function enteredElsewhere(context: TestContext, change: Partial<PolicyDocument> = {}) {
  const pair = await startPair(context, { watchTtlMs: 20_000, ...change });
  const { first, second } = pair;
  await first.permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  await first.permit.reportReadiness(FIT_REPORT, 'a');
  await until(
    context,
    async () => (await second.permit.watches({}))[0]?.live === true,
    'the second to hear of the watch',
  );
  await until(
    context,
    async () => (await ask(second.permit, 'a', prevote('0/1'))).startsWith('granted'),
    'a vote',
  );
  assert.equal(await ask(first.permit, 'a', enter('0/5')), 'granted:new');
  return pair;
}

test('a vote in a unit entered elsewhere is not denied because its node is no longer fit', async (context) => {
  const { first, second } = await enteredElsewhere(context, { readiness: READY });
  await first.permit.reportReadiness({ ...FIT_REPORT, peers: 0 }, 'a');
  await until(
    context,
    async () => (await second.permit.watches({}))[0]?.live === false,
    'the second to hear of it',
  );
  assert.equal(await ask(second.permit, 'a', prevote('0/5')), 'granted:new');
});

test('a store that went back while draining still drops what is not told', async (context) => {
  let drained: Promise<void> | null = null;
  const { permit } = await startAdopted(
    context,
    {},
    {
      parts: {
        failpoint: (name) => {
          if (name !== 'before-append' || drained !== null) return;
          drained = permit.drain(30_000);
          permit.storeWentBack('a test');
        },
      },
    },
  );
  assert.equal(await ask(permit, 'a'), 'unknown:session-checking');
  await drained;
});
