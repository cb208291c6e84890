import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DUTIES, type Duty } from '../../rule/index.ts';
import type { Store } from '../../store/index.ts';
import { policyOf } from '../claim/testing/claim.ts';
import type { OriginalRequest } from '../contract.ts';
import { type CoreContext, createContext } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { decodeRecord } from '../ground/records.ts';
import { unknown } from '../ground/verdict.ts';
import type { CoreModules } from '../modules.ts';
import type { RoundState } from '../ports.ts';
import { CHAIN, KEY, memoryStore, silentLog, silentMeter } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import { createOriginalTargets } from './targets.ts';

const roster = ['a', 'b', 'c'].map((name, rank) => ({ name, rank, rpcUrl: `http://${name}` }));
const originalWire = { enabled: true, slotDuty: 'aura', roundScope: 'node-set' } as const;
const POLICY = policyOf({ roster: [...roster, { name: 'bare', rank: 3 }], originalWire });

/** Questions of nodes whose round state is what `state` says. */
function ground(
  context: TestContext,
  state: (node: string) => Promise<RoundState> | RoundState = () => ({ setId: 0n, bestRound: 1n }),
  duties: readonly Duty[] = DUTIES,
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
  const parts = { store, clock, nodeRpc, duties, log: silentLog, meter: silentMeter };
  const options = { storeTimeoutMs: 2_000 } as CoreContext['options'];
  const core = createContext(parts as unknown as CoreContext['parts'], options);
  const targets = createOriginalTargets({ context: core } as unknown as CoreModules);
  const ask = (kind: OriginalRequest['kind'], number: bigint, node = 'a', policy = POLICY) =>
    targets.target(policy, { kind, number: `${number}` }, number, { chain: CHAIN, key: KEY, node });
  /** `true` for a target, else the reason. */
  const round = async (number: bigint, node = 'a') => {
    const target = await ask('round', number, node);
    return target.ok || target.verdict.reason;
  };
  const restarted = async (node = 'a') => {
    const [found] = await store.read([keys.restartedSet(CHAIN, KEY, node)]);
    return found == null ? null : decodeRecord('set', Buffer.from(found).toString()).set;
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

test('a duty that the table lacks is a defect', async (context) => {
  const { ask } = ground(context, undefined, [{ ...DUTIES[0] } as Duty]);
  await assert.rejects(ask('slot', 7n), new Error('the duty table has no aura'));
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
