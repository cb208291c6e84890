import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { PolicyDocument, SeenOffence, SeenVote } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import { copyOf } from '../testing/fake-ledger.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  memoryStore,
  policyDocument,
  put,
  seal,
  startServing,
} from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import { target, voteKey } from './testing/vote-key.ts';
import { watchedKey } from './testing/watched.ts';

/** Votes in justifications, and offences, of a key whose policy freezes it. */
const { key: KEY, vote } = voteKey('11');
const FREEZES = { unknownSignature: 'freeze', standbyDelayMs: 0, key: KEY } as const;
const [A, B] = [target('aa'), target('bb')];

const claim = (unit: string, part: 'prevote' | 'precommit' = 'precommit') =>
  ({ key: KEY, duty: 'grandpa', unit, part, digest: A }) as const;
const slot = (unit: string, byte: string) => ({ key: KEY, duty: 'babe', unit, digest: seal(byte) });
const sealed = (unit: string, byte = '66') => {
  const block = { number: '100', hash: seal('77') };
  return { ...slot(unit, byte), block };
};
const block = { number: '120', hash: seal('99') };
const twoBlocks = (
  unit: string,
  digests: SeenOffence['digests'] = [seal('01'), seal('02')],
): SeenOffence => ({
  ...{ key: KEY, duty: 'babe', unit, part: 'seal', digests, block },
});
function twoVotes(unit: string, change: Partial<SeenOffence> = {}): SeenOffence {
  const [first, second] = [vote(unit, A, 'prevote'), vote(unit, B, 'prevote')];
  const signatures = [first.signature, second.signature] as const;
  return { key: KEY, duty: 'grandpa', unit, part: 'prevote', digests: [A, B], signatures, block, ...change };
}

const watched = (context: TestContext, change: Partial<PolicyDocument> = {}) =>
  watchedKey(context, KEY, change);

test('votes that were granted freeze no key, in any order', async (context) => {
  const { permit, mode, events, tell } = await watched(context);
  for (const unit of ['3/5', '3/6']) assert.equal(await ask(permit, 'a', claim(unit)), 'granted:new');
  await tell.votes(vote('3/6', A), vote('3/5', A));
  assert.deepEqual([await mode(), events()], ['enforce', []]);
});

test('a vote that no service granted freezes the key, with the evidence and an incident', async (context) => {
  const service = await watched(context);
  const { permit, mode, events, ledger, tell } = service;
  await ask(permit, 'a', claim('3/5'));
  await tell.votes(vote('3/7', B));
  assert.equal(await mode(), 'frozen');
  assert.equal(await ask(permit, 'a', claim('3/8')), 'denied:key-frozen');
  const freeze = await service.freeze();
  assert.deepEqual([freeze?.cause, freeze?.by], ['unknown-signature', 'watcher']);
  const { head, ...evidence } = freeze?.evidence ?? assert.fail('no evidence');
  assert.deepEqual(evidence, {
    ...{ duty: 'grandpa', unit: '3/7', part: 'precommit', digest: B, granted: null, observer: 'watcher' },
    ...{ block: vote('3/7', B).block, service: ledger.serviceId },
  });
  assert.deepEqual(events(), ['unknown-signature', 'key-frozen']);
  const what = 'a precommit of this key for grandpa unit 3/7 is in the justification of block 101';
  assert.equal(freeze?.reason, `${what}, and no service granted it`);
  assert.match(service.incidentShown(), /unit +grandpa 3\/7 precommit\n/);
});

test('a vote whose signature does not hold is ignored, and logged with its observer', async (context) => {
  const { mode, logged, tell } = await watched(context);
  const good = vote('3/7', B);
  const forged: readonly SeenVote[] = [
    { ...good, unit: '3/8' },
    { ...good, unit: '4/7' },
    { ...good, unit: 'x' },
    { ...good, digest: A },
    { ...good, part: 'prevote' },
    { ...good, signature: voteKey('22').vote('3/7', B).signature },
    { ...good, digest: `${B.slice(0, 66)}ffffffffffffffff` },
  ];
  for (const each of [...forged, voteKey('22').vote('3/7', B)]) await tell.votes(each);
  assert.equal(await mode(), 'enforce');
  const warning = { event: 'vote-unsigned', observer: 'watcher', key: KEY };
  assert.deepEqual(
    logged,
    forged.map(({ unit, part }) => ({ ...warning, unit, part })),
  );
});

test('an observer cannot fill the log with forged votes', async (context) => {
  const { events, tell } = await watched(context);
  const forged = Array.from({ length: 64 }, (_none, at) => ({ ...vote('3/7', B), unit: `3/${at + 8}` }));
  for (let time = 0; time < 3; time++) await tell.votes(...forged);
  assert.deepEqual(events(), Array(10).fill('vote-unsigned'));
  await clockOf(context).sleep(1_000);
  await tell.votes(...forged);
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
  for (const each of [claim('3/6'), slot('3600', '01')])
    assert.equal(await ask(first.permit, 'a', each), 'granted:new');
  await first.stop();
  store.restore(before.store);
  const { permit } = await startServing(context, { store, disk: before.disk });
  await permit.observe({ chain: CHAIN, setId: '3', round: '6' }, 'watcher');
  await permit.reportVotes({ chain: CHAIN, votes: [vote('3/6', A)] }, 'watcher');
  await permit.reportSignatures({ chain: CHAIN, signatures: [sealed('3600', '01')] }, 'watcher');
  assert.equal((await permit.policies())[0]?.mode, 'enforce');
});

test('without `freeze` in the policy the vote, the block and the offence are an alarm each, once', async (context) => {
  const { mode, events, tell } = await watched(context, { unknownSignature: 'alarm' });
  for (let time = 0; time < 3; time++) {
    await tell.votes(vote('3/7', B));
    await tell.seal(sealed('6'));
    await tell.offences(twoBlocks('5'));
  }
  assert.equal(await mode(), 'enforce');
  assert.deepEqual(events(), Array(3).fill('unknown-signature'));
});

test('only an observer of the key may report, and a service that does not serve accuses no machine', async (context) => {
  const { permit, mode, events } = await watched(context);
  const reportAs = (observer: string) => [
    () =>
      permit.reportVotes(
        { chain: CHAIN, votes: [vote('3/7', B), { ...vote('3/7', B), unit: 'x' }] },
        observer,
      ),
    () => permit.reportSignatures({ chain: CHAIN, signatures: [sealed('6')] }, observer),
    () => permit.reportOffences({ chain: CHAIN, offences: [twoBlocks('6')] }, observer),
  ];
  for (const report of reportAs('stranger'))
    await assert.rejects(report(), { name: 'PermitFault', code: 'not-observer' });
  assert.deepEqual(events(), []);
  const ceilings = { ...policyDocument().ceilings, observers: ['other-watcher'] };
  const other = { key: seal('cd'), roster: [{ name: 'z', rank: 0 }], ceilings };
  await permit.applyPolicy(policyDocument(other), 'test');
  for (const report of reportAs('other-watcher')) await report();
  assert.equal(await mode(), 'enforce', 'it may observe another key of this chain alone');
  permit.storeWentBack('test');
  for (const report of reportAs('watcher')) await report();
  assert.equal(await mode(), 'enforce');
  assert.equal(events().includes('unknown-signature'), false);
});

test('an equivocation on chain freezes the key, also after its unit left the mark', async (context) => {
  for (const [offence, what, claims] of [
    [twoBlocks('5'), 'sealed two blocks', [slot('5', '01'), slot('9', '01')]],
    [twoVotes('3/5'), 'signed two prevotes', [claim('3/5', 'prevote'), claim('3/9', 'prevote')]],
  ] as const)
    await context.test(offence.duty, async (inner) => {
      const service = await watched(inner);
      const { permit, tell, mode, events } = service;
      for (const each of claims) assert.equal(await ask(permit, 'a', each), 'granted:new');
      await tell.offences(offence);
      assert.equal(await mode(), 'frozen');
      const { evidence, reason } = (await service.freeze()) ?? assert.fail('no freeze');
      const { duty, unit, digests } = offence;
      assert.deepEqual(
        [evidence?.duty, evidence?.unit, evidence?.otherDigest, evidence?.digest, evidence?.block],
        [duty, unit, ...digests, block],
      );
      assert.equal(reason, `block 120 records an offence: this key ${what} for ${duty} unit ${unit}`);
      assert.deepEqual(events(), ['unknown-signature', 'key-frozen']);
      assert.match(service.incidentShown(), /signed too +0x/);
      assert.doesNotMatch(service.incidentShown(), /^granted /m);
    });
});

test('votes whose signatures do not hold are not an offence', async (context) => {
  const { tell, mode, events } = await watched(context);
  const good = twoVotes('3/5');
  const [first = '', second = ''] = good.signatures ?? [];
  const forged: readonly SeenOffence[] = [
    { ...good, signatures: undefined },
    { ...good, signatures: [first, first] },
    { ...good, signatures: [second, second] },
    { ...good, unit: '3/6' },
    { ...good, part: 'precommit' },
  ];
  for (const each of forged) await tell.offences(each);
  assert.equal(await mode(), 'enforce');
  assert.deepEqual([...new Set(events())], ['vote-unsigned']);
});

test('one payload twice, a duty that is off, another duty and an idle key freeze no key', async (context) => {
  const { permit, tell, mode } = await watched(context);
  const ignored = async (offence: SeenOffence, why: string) => {
    await tell.offences(offence);
    assert.equal(await mode(), 'enforce', why);
  };
  await ignored(twoBlocks('5', [seal('01'), seal('01')]), 'one payload');
  await ignored({ ...twoBlocks('5'), duty: 'aura' }, 'a duty that the policy does not have');
  await ignored({ ...twoBlocks('5'), duty: 'im-online' }, 'a duty that has no such part');
  await ignored({ ...twoVotes('3/5'), part: 'seal' }, 'a part that the duty does not have');
  await ignored({ ...twoBlocks('5'), unit: '5/6' }, 'no unit of the duty');
  await ignored({ ...twoBlocks('5'), key: seal('cd') }, 'a key without a policy');
  const document = policyDocument({ unknownSignature: 'freeze', key: KEY });
  const off = { ...document.duties, babe: { enabled: false, digestRequired: true, window: 1 } };
  await permit.applyPolicy({ ...document, duties: off }, 'ada');
  await ignored(twoBlocks('5'), 'a duty that is off');
  const idle = seal('ee');
  await permit.applyPolicy(policyDocument({ unknownSignature: 'freeze', key: idle }), 'ada');
  await tell.offences({ ...twoBlocks('5'), key: idle });
  assert.equal(await mode(idle), 'idle');
});

test('an offence from before a lift does not freeze the key again; a later one does', async (context) => {
  const { tell, mode, events, lift } = await watched(context);
  await tell.offences(twoVotes('3/7'));
  await lift();
  await tell.offences(twoVotes('3/7'), twoVotes('3/21'), twoBlocks('3600'));
  assert.equal(await mode(), 'enforce');
  assert.equal(events().filter((event) => event === 'unknown-signature').length, 1, 'no further alarm');
  await tell.offences(twoVotes('3/22'));
  assert.equal(await mode(), 'frozen');
  await lift();
  await tell.offences(twoBlocks('3700'));
  assert.equal(await mode(), 'frozen');
});

test('an offence of a key whose mark is gone freezes no key', async (context) => {
  const { store, tell, mode } = await watched(context);
  await put(store, keys.mark(CHAIN, KEY, 'babe'), null);
  await tell.offences(twoBlocks('5'));
  assert.equal(await mode(), 'enforce');
});
