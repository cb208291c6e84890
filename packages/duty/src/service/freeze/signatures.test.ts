import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { PermitFault, type PolicyDocument } from '../contract.ts';
import {
  ask,
  CHAIN,
  KEY,
  NEVER_SIGNED,
  policyDocument,
  put,
  releaseAll,
  seal,
  startPair,
  wordAhead,
} from '../testing/services.ts';
import { incidentText } from './incident.ts';
import { target, voteKey } from './testing/vote-key.ts';
import { watchedKey } from './testing/watched.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const FREEZES = { unknownSignature: 'freeze', standbyDelayMs: 0 } as const;

/** A block of the key in this slot, with this payload. */
const block = (unit: string, digest: string, key = KEY) => ({
  chain: CHAIN,
  signatures: [
    { key, duty: 'babe', unit, digest, block: { number: '812', hash: `0x${unit.padStart(64, '7')}` } },
  ],
});

async function watched(context: TestContext, change: Partial<PolicyDocument> = {}) {
  const service = await watchedKey(context, KEY, change);
  return { ...service, freeze: async () => (await service.permit.policies())[0]?.freeze };
}

test('a block that was granted freezes no key, also after its unit left the mark', async (context) => {
  const { permit, mode, logged } = await watched(context);
  await ask(permit, 'a', { unit: '5', digest: seal('05') });
  await permit.reportSignatures(block('5', seal('05')), 'watcher');
  await ask(permit, 'a', { unit: '6', digest: seal('06') });
  await ask(permit, 'b', { unit: '7', digest: seal('07') });
  // The observer lags: it reports slots that left the mark, in any order.
  for (const [unit, digest] of [
    ['7', '07'],
    ['5', '05'],
    ['6', '06'],
  ] as const)
    await permit.reportSignatures(block(unit, seal(digest)), 'watcher');
  assert.equal(await mode(), 'enforce');
  assert.deepEqual(logged, []);
});

test('a grant of another service freezes no key, at a service whose own disk does not have it', async (context) => {
  const { first, second } = await startPair(context, FREEZES);
  for (const unit of ['5', '6', '7', '8'])
    assert.equal(await ask(first.permit, 'a', { unit, digest: seal('01') }), 'granted:new');
  // The last one is in the mark; the others left it, and the second service has no entry of them.
  for (const unit of ['5', '6', '7', '8'])
    await second.permit.reportSignatures(block(unit, seal('01')), 'watcher');
  assert.deepEqual(
    (await first.permit.policies()).map(({ mode }) => mode),
    ['enforce'],
  );
});

test('a block that no service granted freezes the key, with the evidence and an incident', async (context) => {
  const { permit, mode, freeze, events, incidents, ledger } = await watched(context);
  await ask(permit, 'a', { unit: '5', digest: seal('05') });
  await permit.reportSignatures(block('6', seal('66')), 'watcher');
  assert.equal(await mode(), 'frozen');
  assert.equal(await ask(permit, 'a', { unit: '7' }), 'denied:key-frozen');
  const found = await freeze();
  assert.deepEqual([found?.cause, found?.by, found?.before], ['unknown-signature', 'watcher', 'enforce']);
  assert.deepEqual(found?.evidence, {
    duty: 'babe',
    unit: '6',
    digest: seal('66'),
    granted: null,
    block: { number: '812', hash: `0x${'6'.padStart(64, '7')}` },
    observer: 'watcher',
    service: ledger.serviceId,
    head: (await permit.marks({}))[0]?.head,
  });
  assert.deepEqual(events(), ['unknown-signature', 'key-frozen']);
  // A second report of the same clone changes nothing more.
  await permit.reportSignatures(block('8', seal('66')), 'watcher');
  assert.deepEqual(events(), ['unknown-signature', 'key-frozen']);
  assert.equal(incidents.length, 1);
  const text = incidentText(incidents[0] ?? assert.fail('no incident'));
  for (const part of [
    /babe 6/,
    /granted +nothing for this unit/,
    /seen by +watcher/,
    /1\. Find the other signer/,
  ])
    assert.match(text, part);
});

const COLLATOR = {
  duties: { 'aura-parachain': { enabled: true, digestRequired: true, window: 64 } },
} as const satisfies Partial<PolicyDocument>;

/** A collator's block, as the observer reports it: a unit of each duty that may count it. */
const collated = (slot: number, number: number, relayParent: number, digest: string) => ({
  chain: CHAIN,
  signatures: (
    [
      ['aura', `${slot}`],
      ['aura-blocks', `${slot}/${number}`],
      ['aura-parachain', `${slot}/${number}/${relayParent}`],
    ] as const
  ).map(([duty, unit]) => ({
    ...{ key: KEY, duty, unit, digest },
    block: { number: `${number}`, hash: `0x${'7'.repeat(64)}` },
  })),
});

test('blocks of a collator on several relay parents, each with a grant, freeze no key', async (context) => {
  const { permit, mode, logged } = await watched(context, COLLATOR);
  const take = (slot: number, relayParent: number, byte: string) =>
    ask(permit, 'a', { ...{ duty: 'aura-parachain', unit: `${slot}/7/${relayParent}` }, digest: seal(byte) });
  assert.equal(await take(5, 2, '02'), 'granted:new');
  assert.equal(await take(5, 1, '01'), 'granted:new');
  // So many that the first ones leave the mark.
  for (let slot = 6; slot < 76; slot++) assert.equal(await take(slot, 1, '06'), 'granted:new');
  await permit.reportSignatures(collated(5, 7, 1, seal('01')), 'watcher');
  await permit.reportSignatures(collated(5, 7, 2, seal('02')), 'watcher');
  await permit.reportSignatures(collated(75, 7, 1, seal('06')), 'watcher');
  assert.equal(await mode(), 'enforce');
  assert.deepEqual(logged, []);
});

test('a block of a collator that no service granted freezes its key: another payload, or another relay parent', async (context) => {
  for (const [name, relayParent] of [
    ['another payload', 2],
    ['another relay parent', 3],
  ] as const)
    await context.test(name, async (inner) => {
      const { permit, mode } = await watched(inner, COLLATOR);
      await ask(permit, 'a', { duty: 'aura-parachain', unit: '5/7/2', digest: seal('02') });
      await permit.reportSignatures(collated(5, 7, relayParent, seal('55')), 'watcher');
      assert.equal(await mode(), 'frozen');
    });
});

test('what the ledger cannot know freezes no key', async (context) => {
  const { permit, mode, store, logged } = await watched(context);
  const ignored = async (report: Parameters<typeof permit.reportSignatures>[0], why: string) => {
    await permit.reportSignatures(report, 'watcher');
    assert.equal(await mode(), 'enforce', why);
  };
  await permit.adopt(
    { chain: CHAIN, key: KEY, floors: { ...NEVER_SIGNED, babe: '100' }, confirmation: 'x' },
    'ada',
  );
  logged.length = 0;
  await ignored(block('100', seal('66')), 'signed before the adoption');
  await ignored(block('7300', seal('66')), 'ahead of the clock');
  await ignored(block('200', seal('66'), OTHER), 'a key without a policy');
  const of = (duty: string, unit: string) => ({
    chain: CHAIN,
    signatures: block(unit, seal('66')).signatures.map((each) => ({ ...each, duty })),
  });
  await ignored(of('aura', '200'), 'a duty that the policy does not have');
  await ignored(of('grandpa', '0/1'), 'a duty that is not compared');
  await ignored(of('sassafras', '200'), 'a duty that does not exist');
  const document = policyDocument(FREEZES);
  const off = { ...document.duties, babe: { enabled: false, digestRequired: true, window: 1 } };
  await permit.applyPolicy({ ...document, duties: off }, 'ada');
  await ignored(block('200', seal('66')), 'a duty that is off');
  await permit.applyPolicy(document, 'ada');
  assert.deepEqual(logged, []);
  await put(store, 'epoch', null);
  const lost = permit.reportSignatures(block('200', seal('66')), 'watcher');
  await assert.rejects(lost, PermitFault);
  assert.equal(await mode(), 'enforce', 'the store is another one');
});

test('the reason of a freeze names the block, the unit and the grant of the unit', async (context) => {
  const { permit, freeze } = await watched(context);
  await ask(permit, 'a', { unit: '5', digest: seal('05') });
  await permit.reportSignatures(block('6', seal('66')), 'watcher');
  const what = 'block 812 is sealed with this key for babe unit';
  assert.equal((await freeze())?.reason, `${what} 6, and no service granted it`);
  await permit.liftFreeze({ key: KEY, reason: 'x' }, 'ada');
  const later = '7000';
  assert.equal(await ask(permit, 'a', { unit: later, digest: seal('07') }), 'granted:new');
  await permit.reportSignatures(block(later, seal('66')), 'watcher');
  assert.equal((await freeze())?.reason, `${what} ${later}, and the ledger granted ${seal('07')} for it`);
});

test('while a rollback report is held the ledger may lack a grant, so no machine is accused', async (context) => {
  const { permit, store, freeze } = await watched(context);
  assert.equal(await ask(permit, 'a', { unit: '99', word: await wordAhead(store) }), 'denied:store-behind');
  await permit.reportSignatures(block('6', seal('66')), 'watcher');
  assert.equal(await freeze(), undefined);
  await releaseAll(permit);
  await permit.reportSignatures(block('6', seal('66')), 'watcher');
  assert.equal((await freeze())?.cause, 'unknown-signature');
});

test('a vote that the key did not sign is logged with its observer; one of a stranger is not', async (context) => {
  const { permit, logged } = await watched(context);
  const seen = { ...voteKey('11').vote('3/7', target('aa')), digest: target('bb') };
  const report = { chain: CHAIN, votes: [seen] };
  const refused = { name: 'PermitFault', code: 'not-observer' };
  await assert.rejects(permit.reportVotes(report, 'stranger'), refused);
  assert.deepEqual(logged, []);
  await permit.reportVotes(report, 'watcher');
  const { key, unit, part } = seen;
  const warning = { event: 'vote-unsigned', observer: 'watcher', key, part };
  assert.deepEqual(logged, [{ ...warning, unit }]);
  await permit.reportVotes({ chain: CHAIN, votes: [{ ...seen, unit: 'x' }] }, 'watcher');
  assert.deepEqual(logged[1], { ...warning, unit: 'x' }, 'no unit of a round');
});
