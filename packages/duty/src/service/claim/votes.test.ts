import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { StoreFault } from '../../store/index.ts';
import type { Permit, PolicyDocument } from '../contract.ts';
import {
  ask,
  CHAIN,
  FIT_REPORT,
  fakeSeen,
  memoryStore,
  policyDocument,
  startAdopted,
  startPair,
  vote,
} from '../testing/services.ts';
import { until } from '../testing/world.ts';

const READY = { ...policyDocument().readiness, required: true };
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

for (const [what, change] of [
  ['is not denied because the ceiling fell', { roundStep: 1 }],
  ['does not wait for an observer', { observers: [] }],
] as const)
  test(`a vote in a unit entered elsewhere ${what}`, async (context) => {
    const { first, second } = await enteredElsewhere(context);
    const ceilings = { ...policyDocument().ceilings, ...change };
    const policy = await first.permit.applyPolicy(policyDocument({ ceilings, watchTtlMs: 20_000 }), 'test');
    await until(
      context,
      async () => (await second.permit.policies())[0]?.versionId === policy.versionId,
      'the policy',
    );
    assert.equal(await ask(second.permit, 'a', prevote('0/5')), 'granted:new');
  });

test('a vote waits for a store that refuses at once as long as its deadline allows', async (context) => {
  let refusals = 0;
  const store = fakeSeen(memoryStore(context), (transaction) => {
    if (refusals === 0 || !transaction.writes.some((write) => write.key.startsWith('mark/'))) return;
    refusals -= 1;
    throw new StoreFault('unavailable', 'connection refused', 'nothing');
  });
  const { permit } = await startAdopted(context, {}, { store });
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  refusals = 100;
  assert.equal(await ask(permit, 'a', prevote('0/1')), 'granted:new');
  assert.equal(refusals, 0);
});

test('claims behind one that is stuck are answered at their own deadlines and leave nothing behind', async (context) => {
  const { promise, resolve: release } = Promise.withResolvers<undefined>();
  let stuck = false;
  let grants = 0;
  const store = fakeSeen(memoryStore(context), (transaction) => {
    if (!transaction.writes.some((write) => write.key.endsWith('/babe'))) return;
    grants += 1;
    if (!stuck) return;
    stuck = false;
    return promise;
  });
  const { permit } = await startAdopted(context, {}, { store });
  grants = 0;
  stuck = true;
  const first = ask(permit, 'a', { unit: '1', timeoutMs: 30_000 });
  await until(context, () => grants === 1, 'the first claim to be stuck');
  const others = [2, 3, 4].map((unit) => ask(permit, 'a', { unit: String(unit), timeoutMs: 60 }));
  assert.deepEqual(new Set(await Promise.all(others)), new Set(['unknown:deadline']));
  release(undefined);
  assert.equal(await first, 'granted:new');
  assert.equal(await ask(permit, 'a', { unit: '5' }), 'granted:new');
  assert.equal(grants, 2);
});

/** The answer to a claim during which the service begins to drain; `then` runs right after that. */
async function askedWhileDraining(context: TestContext, then: (permit: Permit) => void): Promise<string> {
  let drained: Promise<void> | null = null;
  const failpoint = (name: string) => {
    if (name !== 'before-append' || drained !== null) return;
    drained = permit.drain(30_000);
    then(permit);
  };
  const { permit } = await startAdopted(context, {}, { parts: { failpoint } });
  const answer = await ask(permit, 'a');
  await drained;
  return answer;
}

test('draining ends no claim that is under way', async (context) => {
  assert.equal(await askedWhileDraining(context, () => {}), 'granted:new');
});

test('a store that went back while draining still drops what is not told', async (context) => {
  const goBack = (permit: Permit) => permit.storeWentBack('a test');
  assert.equal(await askedWhileDraining(context, goBack), 'unknown:session-checking');
});
