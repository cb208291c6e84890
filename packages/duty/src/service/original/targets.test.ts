import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DUTIES } from '../../rule/index.ts';
import type { Store } from '../../store/index.ts';
import { policyOf } from '../claim/testing/claim.ts';
import type { OriginalRequest } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import { decodeRecord, encodeRecord } from '../ground/records.ts';
import { denied, unknown } from '../ground/verdict.ts';
import type { CoreModules } from '../modules.ts';
import type { RoundState } from '../ports.ts';
import { CHAIN, contextOf, KEY, memoryStore, put, textIn } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import { createFindTarget } from './targets.ts';

const roster = ['a', 'b', 'c'].map((name, rank) => ({ name, rank, rpcUrl: `http://${name}` }));
const originalWire = { enabled: true, slotDuty: 'aura', roundScope: 'node-set' } as const;
const POLICY = policyOf({ roster: [...roster, { name: 'bare', rank: 3 }], originalWire });

/** Questions of nodes whose round state is what `state` says. */
function ground(
  context: TestContext,
  state: (node: string) => Promise<RoundState> | RoundState = () => ({ setId: 0n, bestRound: 1n }),
) {
  const clock = clockOf(context);
  const inner = memoryStore(context);
  const reads: string[] = [];
  const store: Store = {
    ...inner,
    read: (wanted, options) => {
      reads.push(...wanted);
      return inner.read(wanted, options);
    },
  };
  const asked: string[] = [];
  const nodeRpc = {
    roundState: async (url: string, timeoutMs: number) => {
      asked.push(`${url} ${timeoutMs}`);
      return state(url.slice('http://'.length));
    },
  };
  const core = contextOf(context, { store, nodeRpc });
  const find = createFindTarget({ context: core } as unknown as CoreModules);
  const ask = (kind: OriginalRequest['kind'], number: bigint, node = 'a', policy = POLICY) =>
    find(policy, { kind, number: `${number}` }, number, { chain: CHAIN, key: KEY, node });
  /** `true` for a target, else the reason. */
  const round = async (number: bigint, node = 'a') => {
    const target = await ask('round', number, node);
    return target.ok || target.verdict.reason;
  };
  const restarted = async (node = 'a') => {
    const text = await textIn(store, keys.restartedSet(CHAIN, KEY, node));
    return text === null ? null : decodeRecord('set', text).set;
  };
  return { clock, store, ask, round, restarted, asked, reads };
}

const dutyOf = (name: string) => DUTIES.find((duty) => duty.name === name);

test('a slot is one of the duty that the policy names, a session one of im-online', async (context) => {
  const { ask, asked } = ground(context);
  const [aura, online] = [dutyOf('aura'), dutyOf('im-online')];
  assert.deepEqual(await ask('slot', 7n), { ok: true, duty: aura, unit: [7n], parts: ['seal'] });
  assert.deepEqual(await ask('session', 7n), { ok: true, duty: online, unit: [7n], parts: ['heartbeat'] });
  assert.deepEqual(asked, []);
  const session = await ask('session', 2n ** 32n);
  assert.ok(!session.ok);
  assert.deepEqual([session.verdict.outcome, session.verdict.reason], ['denied', 'unit-ahead']);
  assert.match(session.verdict.detail ?? '', /session/);
});

test('a round is one of the set that the node names', async (context) => {
  const { clock, ask, asked } = ground(context);
  const duty = dutyOf('grandpa');
  const pending = clock.pending();
  assert.ok(duty);
  const target = { ok: true, duty, unit: [0n, 2n], parts: duty.parts };
  assert.deepEqual(await ask('round', 2n), target);
  assert.deepEqual([asked.splice(0), clock.pending()], [['http://a 1000'], pending]);
  const unscoped = { ...POLICY, originalWire: { ...originalWire, roundScope: 'unscoped' as const } };
  assert.deepEqual(await ask('round', 900n, 'bare', unscoped), { ...target, unit: [0n, 900n] });
  assert.deepEqual(asked, [], 'its node is not asked');
});

test('a round of a node that cannot be asked, or does not answer, is unknown', async (context) => {
  const failing = ground(context, () => Promise.reject(new Error('no answer')));
  assert.deepEqual(await failing.ask('round', 1n, 'bare'), {
    ok: false,
    verdict: unknown('round-state-unknown', 'bare has no rpcUrl in the policy'),
  });
  assert.equal((await failing.ask('round', 1n, 'stranger')).ok, false);
  assert.deepEqual(failing.asked, []);
  assert.deepEqual(await failing.ask('round', 1n), {
    ok: false,
    verdict: unknown('round-state-unknown', 'no answer'),
  });
});

test('a set counts once its round was seen to restart, and a round far from the voter does not', async (context) => {
  let state = { setId: 7n, bestRound: 300n };
  const { ask, round, restarted, reads } = ground(context, () => state);
  const unconfirmed = (detail: string) => ({ ok: false, verdict: denied('set-unconfirmed', detail) });
  const isNew = 'set 7 is new and its round (300) was not yet seen to restart';
  assert.deepEqual(await ask('round', 300n), unconfirmed(isNew));
  assert.deepEqual([await round(300n), await restarted()], ['set-unconfirmed', null]);
  state = { setId: 7n, bestRound: 1n };
  assert.deepEqual(
    await ask('round', 300n),
    unconfirmed('the node is in round 1 of set 7, not in round 300'),
  );
  assert.equal(await restarted(), '7');
  assert.equal(await round(1n), true);
  state = { setId: 7n, bestRound: 2n };
  reads.splice(0);
  assert.equal(await round(2n), true, 'the set stays confirmed');
  assert.deepEqual(reads, [], 'no record is asked');
  assert.equal(await round(2n, 'b'), 'set-unconfirmed', 'the restart of another node proves nothing');
});

test('a set that a restart or an adoption has recorded counts at once', async (context) => {
  const state = (node: string) => ({ setId: node === 'a' ? 7n : 8n, bestRound: 300n });
  const { store, round, restarted } = ground(context, state);
  await put(store, keys.restartedSet(CHAIN, KEY, 'a'), encodeRecord('set', { set: '7' }));
  await put(store, keys.adoptedSet(CHAIN, KEY), encodeRecord('set', { set: '8' }));
  assert.deepEqual([await round(300n), await round(300n, 'b')], [true, true]);
  assert.equal(await restarted(), '7', 'it stays recorded');
});

test('a node in set 0 loses the record of a later set', async (context) => {
  const { store, round, restarted } = ground(context);
  await put(store, keys.restartedSet(CHAIN, KEY, 'a'), encodeRecord('set', { set: '7' }));
  assert.equal(await round(1n), true);
  assert.equal(await restarted(), null, 'its database went back, so set 7 has to restart again');
});

test('the questions of one node wait for each other, two seconds at most', async (context) => {
  let slowMs = 1_500;
  const { clock, ask, asked } = ground(context, async (node) => {
    if (node !== 'b') await clock.sleep(slowMs);
    return { setId: 0n, bestRound: 1n };
  });
  const pending = clock.pending();
  const both = [ask('round', 1n), ask('round', 1n)];
  assert.equal((await ask('round', 1n, 'b')).ok, true);
  assert.equal(clock.monotonicMs(), 0, 'another node does not wait');
  for (const target of await Promise.all(both)) assert.equal(target.ok, true);
  assert.deepEqual([clock.monotonicMs(), clock.pending()], [3_000, pending], 'no timer is left');
  slowMs = 2_500;
  asked.splice(0);
  const [first, second] = [ask('round', 1n), ask('round', 1n)];
  const late = 'earlier questions of this node still wait for its round state';
  assert.deepEqual(await second, { ok: false, verdict: unknown('round-state-unknown', late) });
  assert.deepEqual([clock.monotonicMs(), asked.length], [5_000, 1]);
  assert.equal((await first).ok, true);
});
