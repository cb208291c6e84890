import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { PolicyDocument, SeenOffence } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import { ask, CHAIN, policyDocument, put, seal } from '../testing/services.ts';
import { incidentText } from './incident.ts';
import { target, voteKey } from './testing/vote-key.ts';
import { watchedKey } from './testing/watched.ts';

const { key: KEY, vote } = voteKey('11');
const [A, B] = [target('aa'), target('bb')];
const block = { number: '120', hash: `0x${'99'.repeat(32)}` };

const twoBlocks = (
  unit: string,
  digests: SeenOffence['digests'] = [seal('01'), seal('02')],
): SeenOffence => ({ ...{ key: KEY, duty: 'babe', unit, part: 'seal', digests, block } });
function twoVotes(unit: string, change: Partial<SeenOffence> = {}): SeenOffence {
  const [first, second] = [vote(unit, A, 'prevote'), vote(unit, B, 'prevote')];
  const signatures = [first.signature, second.signature] as const;
  return { key: KEY, duty: 'grandpa', unit, part: 'prevote', digests: [A, B], signatures, block, ...change };
}

async function watched(context: TestContext, change: Partial<PolicyDocument> = {}) {
  const service = await watchedKey(context, KEY, change);
  const tell = (...offences: readonly SeenOffence[]) =>
    service.permit.reportOffences({ chain: CHAIN, offences }, 'watcher');
  return { ...service, tell };
}

test('an equivocation on chain freezes the key, also after its unit left the mark', async (context) => {
  for (const offence of [twoBlocks('5'), twoVotes('3/5')])
    await context.test(offence.duty, async (inner) => {
      const { permit, tell, mode, incidents, events } = await watched(inner);
      const { duty } = offence;
      const own = duty === 'babe' ? { part: 'seal', digest: seal('01') } : { part: 'prevote', digest: A };
      const claim = (unit: string) =>
        ask(permit, 'a', { key: KEY, duty, unit, ...own } as Parameters<typeof ask>[2]);
      assert.equal(await claim(offence.unit), 'granted:new');
      assert.equal(await claim(duty === 'babe' ? '9' : '3/9'), 'granted:new');
      await tell(offence);
      assert.equal(await mode(), 'frozen');
      const { freeze } = (await permit.policies())[0] ?? {};
      const { evidence } = freeze ?? {};
      assert.deepEqual(
        [evidence?.duty, evidence?.unit, evidence?.otherDigest, evidence?.digest, evidence?.block],
        [duty, offence.unit, ...offence.digests, block],
      );
      const what = duty === 'babe' ? 'sealed two blocks' : 'signed two prevotes';
      const reason = `block 120 records an offence: this key ${what} for ${duty} unit ${offence.unit}`;
      assert.equal(freeze?.reason, reason);
      assert.deepEqual(events(), ['unknown-signature', 'key-frozen']);
      const text = incidentText(incidents[0] ?? assert.fail('no incident'));
      assert.match(text, /signed too +0x/);
      assert.doesNotMatch(text, /^granted /m);
    });
});

test('votes whose signatures do not hold are not an offence', async (context) => {
  const { tell, mode, events } = await watched(context);
  const good = twoVotes('3/5');
  const [first = '', second = ''] = good.signatures ?? [];
  const forged = [
    twoVotes('3/5', { signatures: undefined }),
    twoVotes('3/5', { signatures: [first, first] }),
    twoVotes('3/5', { signatures: [second, second] }),
    { ...good, unit: '3/6' },
    { ...good, part: 'precommit' as const },
  ];
  for (const each of forged) await tell(each);
  assert.equal(await mode(), 'enforce');
  assert.deepEqual([...new Set(events())], ['vote-unsigned']);
});

test('one payload twice, a duty that is off, another duty and an idle key freeze no key', async (context) => {
  const { permit, tell, mode } = await watched(context);
  const ignored = async (offence: SeenOffence, why: string) => {
    await tell(offence);
    assert.equal(await mode(), 'enforce', why);
  };
  await ignored(twoBlocks('5', [seal('01'), seal('01')]), 'one payload');
  await ignored({ ...twoBlocks('5'), duty: 'aura' }, 'a duty that the policy does not have');
  await ignored({ ...twoBlocks('5'), duty: 'im-online' }, 'a duty that has no such part');
  await ignored({ ...twoVotes('3/5'), part: 'seal' }, 'a part that the duty does not have');
  await ignored({ ...twoBlocks('5'), unit: '5/6' }, 'no unit of the duty');
  await ignored({ ...twoBlocks('5'), key: `0x${'cd'.repeat(32)}` }, 'a key without a policy');
  const document = policyDocument({ unknownSignature: 'freeze', key: KEY });
  const off = { ...document.duties, babe: { enabled: false, digestRequired: true, window: 1 } };
  await permit.applyPolicy({ ...document, duties: off }, 'ada');
  await ignored(twoBlocks('5'), 'a duty that is off');
  const idle = `0x${'ee'.repeat(32)}`;
  await permit.applyPolicy(policyDocument({ unknownSignature: 'freeze', key: idle }), 'ada');
  await tell({ ...twoBlocks('5'), key: idle });
  assert.equal((await permit.policies()).find(({ key }) => key === idle)?.mode, 'idle');
});

test('an offence from before a lift does not freeze the key again; a later one does', async (context) => {
  const { permit, tell, mode, events } = await watched(context);
  await tell(twoVotes('3/7'));
  await permit.liftFreeze({ key: KEY, reason: 'the copy is destroyed' }, 'ada');
  await tell(twoVotes('3/7'), twoVotes('3/21'), twoBlocks('3600'));
  assert.equal(await mode(), 'enforce');
  assert.equal(events().filter((event) => event === 'unknown-signature').length, 1, 'no further alarm');
  await tell(twoVotes('3/22'));
  assert.equal(await mode(), 'frozen');
  await permit.liftFreeze({ key: KEY, reason: 'again' }, 'ada');
  await tell(twoBlocks('3700'));
  assert.equal(await mode(), 'frozen');
});

test('an offence of a key whose mark is gone freezes no key', async (context) => {
  const { store, tell, mode } = await watched(context);
  await put(store, keys.mark(CHAIN, KEY, 'babe'), null);
  await tell(twoBlocks('5'));
  assert.equal(await mode(), 'enforce');
});

test('without `freeze` in the policy an offence is an alarm; a stranger may report none', async (context) => {
  const { permit, tell, mode, events } = await watched(context, { unknownSignature: 'alarm' });
  await tell(twoBlocks('5'));
  assert.equal(await mode(), 'enforce');
  assert.deepEqual(events(), ['unknown-signature']);
  const refused = { name: 'PermitFault', code: 'not-observer' };
  const report = { chain: CHAIN, offences: [twoBlocks('6')] };
  await assert.rejects(permit.reportOffences(report, 'stranger'), refused);
  permit.storeWentBack('test');
  await tell(twoBlocks('7'));
  assert.deepEqual(events().filter((event) => event === 'unknown-signature').length, 1, 'it does not serve');
});
