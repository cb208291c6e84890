import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { PolicyDocument, SeenVote } from '../contract.ts';
import { copyOf } from '../testing/fake-ledger.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  memoryStore,
  policyDocument,
  seal,
  startServing,
} from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import { incidentText } from './incident.ts';
import { target, voteKey } from './testing/vote-key.ts';
import { watchedKey } from './testing/watched.ts';

const { key: KEY, vote } = voteKey('11');
const FREEZES = { unknownSignature: 'freeze', standbyDelayMs: 0, key: KEY } as const;
const [A, B] = [target('aa'), target('bb')];

const report = (...votes: readonly SeenVote[]) => ({ chain: CHAIN, votes });
const claim = (unit: string, part: 'prevote' | 'precommit', digest: string | null) =>
  ({ key: KEY, duty: 'grandpa', unit, part, digest }) as const;

const sealed = (unit: string) => {
  const block = { number: '100', hash: seal('77') };
  return { chain: CHAIN, signatures: [{ key: KEY, duty: 'babe', unit, digest: seal('66'), block }] };
};

const watched = (context: TestContext, change: Partial<PolicyDocument> = {}) =>
  watchedKey(context, KEY, change);

test('votes that were granted freeze no key, in any order', async (context) => {
  const { permit, mode, events } = await watched(context);
  for (const unit of ['3/5', '3/6'])
    assert.equal(await ask(permit, 'a', claim(unit, 'precommit', A)), 'granted:new');
  await permit.reportVotes(report(vote('3/6', A), vote('3/5', A)), 'watcher');
  assert.equal(await mode(), 'enforce');
  assert.deepEqual(events(), []);
});

test('a vote that no service granted freezes the key, with the evidence and an incident', async (context) => {
  const { permit, mode, events, incidents, ledger } = await watched(context);
  await ask(permit, 'a', claim('3/5', 'precommit', A));
  await permit.reportVotes(report(vote('3/7', B)), 'watcher');
  assert.equal(await mode(), 'frozen');
  assert.equal(await ask(permit, 'a', claim('3/8', 'precommit', A)), 'denied:key-frozen');
  const [policy] = await permit.policies();
  const { freeze } = policy ?? {};
  assert.deepEqual([freeze?.cause, freeze?.by], ['unknown-signature', 'watcher']);
  const { head, ...evidence } = freeze?.evidence ?? assert.fail('no evidence');
  assert.deepEqual(evidence, {
    ...{ duty: 'grandpa', unit: '3/7', part: 'precommit', digest: B, granted: null, observer: 'watcher' },
    ...{ block: vote('3/7', B).block, service: ledger.serviceId },
  });
  assert.deepEqual(events(), ['unknown-signature', 'key-frozen']);
  assert.match(
    freeze?.reason ?? '',
    /^a precommit of this key for grandpa unit 3\/7 is in the justification of block 101, and no service granted it$/,
  );
  const text = incidentText(incidents[0] ?? assert.fail('no incident'));
  assert.match(text, /unit +grandpa 3\/7 precommit\n/);
});

test('a vote whose signature does not hold is ignored', async (context) => {
  const { permit, mode, events } = await watched(context);
  const good = vote('3/7', B);
  const forged = [
    { ...good, unit: '3/8' },
    { ...good, unit: '4/7' },
    { ...good, digest: A },
    { ...good, part: 'prevote' as const },
    { ...good, signature: voteKey('22').vote('3/7', B).signature },
    { ...good, digest: `${B.slice(0, 66)}ffffffffffffffff` },
  ];
  for (const each of forged) await permit.reportVotes(report(each), 'watcher');
  await permit.reportVotes(report(voteKey('22').vote('3/7', B)), 'watcher');
  assert.equal(await mode(), 'enforce');
  assert.deepEqual(
    events(),
    forged.map(() => 'vote-unsigned'),
  );
});

test('an observer cannot fill the log with forged votes', async (context) => {
  const { permit, events } = await watched(context);
  const forged = Array.from({ length: 64 }, (_none, at) => ({ ...vote('3/7', B), unit: `3/${at + 8}` }));
  for (let time = 0; time < 3; time++) await permit.reportVotes(report(...forged), 'watcher');
  assert.deepEqual(events(), Array(10).fill('vote-unsigned'));
  await clockOf(context).sleep(1_000);
  await permit.reportVotes(report(...forged), 'watcher');
  assert.equal(events().length, 20, 'each second has its own');
});

test('a vote and a block from before a whole machine was put back freeze no key', async (context) => {
  const store = memoryStore(context);
  const first = await startServing(context, { store });
  await adoptOther(first.permit, ['a', 'b'], KEY);
  const ceilings = { ...policyDocument().ceilings, allowedSkewMs: 500 };
  await first.permit.applyPolicy(policyDocument({ ...FREEZES, return: 'deny', ceilings }), 'test');
  await first.permit.observe({ chain: CHAIN, setId: '3', round: '5' }, 'watcher');
  const before = { store: store.snapshot(), disk: copyOf(first.disk) };
  assert.equal(await ask(first.permit, 'a', claim('3/6', 'precommit', A)), 'granted:new');
  const slot = { key: KEY, duty: 'babe', unit: '3600', digest: seal('01') };
  assert.equal(await ask(first.permit, 'a', slot), 'granted:new');
  await first.stop();
  store.restore(before.store);
  const { permit } = await startServing(context, { store, disk: before.disk });
  await permit.observe({ chain: CHAIN, setId: '3', round: '6' }, 'watcher');
  await permit.reportVotes(report(vote('3/6', A)), 'watcher');
  const block = { number: '100', hash: seal('77') };
  await permit.reportSignatures({ chain: CHAIN, signatures: [{ ...slot, block }] }, 'watcher');
  assert.equal((await permit.policies())[0]?.mode, 'enforce');
});

test('without `freeze` in the policy the vote and the block are an alarm each, once', async (context) => {
  const { permit, mode, events } = await watched(context, { unknownSignature: 'alarm' });
  for (let time = 0; time < 3; time++) {
    await permit.reportVotes(report(vote('3/7', B)), 'watcher');
    await permit.reportSignatures(sealed('6'), 'watcher');
  }
  assert.equal(await mode(), 'enforce');
  assert.deepEqual(events(), ['unknown-signature', 'unknown-signature']);
});

test('only an observer of the key may report, and a service that does not serve accuses no machine', async (context) => {
  const { permit, mode } = await watched(context);
  const refused = { name: 'PermitFault', code: 'not-observer' };
  await assert.rejects(permit.reportVotes(report(vote('3/7', B)), 'stranger'), refused);
  await assert.rejects(permit.reportSignatures(sealed('6'), 'stranger'), refused);
  const ceilings = { ...policyDocument().ceilings, observers: ['other-watcher'] };
  await permit.applyPolicy(
    policyDocument({ key: `0x${'cd'.repeat(32)}`, roster: [{ name: 'z', rank: 0 }], ceilings }),
    'test',
  );
  await permit.reportVotes(report(vote('3/7', B)), 'other-watcher');
  await permit.reportSignatures(sealed('6'), 'other-watcher');
  assert.equal(await mode(), 'enforce', 'it may observe another key of this chain alone');
  permit.storeWentBack('test');
  await permit.reportVotes(report(vote('3/7', B)), 'watcher');
  await permit.reportSignatures(sealed('6'), 'watcher');
  assert.equal(await mode(), 'enforce');
});
