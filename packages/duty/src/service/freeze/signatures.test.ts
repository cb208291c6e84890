import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { StoreFault } from '../../store/index.ts';
import { PermitFault, type PolicyDocument, type SeenSignature } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import type { Incident } from '../ports.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  fakeLog,
  fakeSeen,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  put,
  releaseAll,
  seal,
  startAdopted,
  startPair,
  wordAhead,
} from '../testing/services.ts';
import { watchedKey } from './testing/watched.ts';

const SIBLINGS = [`0x${'cd'.repeat(32)}`, `0x${'ce'.repeat(32)}`] as const;
const FREEZES = { unknownSignature: 'freeze', standbyDelayMs: 0 } as const;

/** The key sealed a block in this slot, with this payload. */
const block = (unit: string, byte: string, change: Partial<SeenSignature> = {}): SeenSignature => ({
  ...{ key: KEY, duty: 'babe', unit, digest: seal(byte) },
  ...{ block: { number: '812', hash: `0x${unit.padStart(64, '7')}` }, ...change },
});
const reportOf = (...signatures: readonly SeenSignature[]) => ({ chain: CHAIN, signatures });

const watched = (context: TestContext, change: Partial<PolicyDocument> = {}) =>
  watchedKey(context, KEY, change);

test('a block that was granted freezes no key, also after its unit left the mark', async (context) => {
  const { permit, mode, logged, tell } = await watched(context);
  await ask(permit, 'a', { unit: '5', digest: seal('05') });
  await tell.seal(block('5', '05'));
  await ask(permit, 'a', { unit: '6', digest: seal('06') });
  await ask(permit, 'b', { unit: '7', digest: seal('07') });
  // The observer lags: it reports slots that left the mark, in any order.
  for (const slot of ['7', '5', '6']) await tell.seal(block(slot, `0${slot}`));
  assert.deepEqual([await mode(), logged], ['enforce', []]);
});

test('a grant of another service freezes no key, at a service whose own disk does not have it', async (context) => {
  const { first, second } = await startPair(context, FREEZES);
  const slots = ['5', '6', '7', '8'];
  for (const unit of slots) assert.equal(await ask(first.permit, 'a', { unit }), 'granted:new');
  // The last one is in the mark; the others left it, and the second service has no entry of them.
  for (const unit of slots) await second.permit.reportSignatures(reportOf(block(unit, '01')), 'watcher');
  const modes = (await first.permit.policies()).map(({ mode }) => mode);
  assert.deepEqual(modes, ['enforce']);
});

test('a block that no service granted freezes the key, with the reason, the evidence and an incident', async (context) => {
  const service = await watched(context);
  const { permit, mode, freeze, events, ledger, tell } = service;
  await ask(permit, 'a', { unit: '5', digest: seal('05') });
  await tell.seal(block('6', '66'));
  assert.equal(await mode(), 'frozen');
  assert.equal(await ask(permit, 'a', { unit: '7' }), 'denied:key-frozen');
  const found = await freeze();
  assert.deepEqual([found?.cause, found?.by, found?.before], ['unknown-signature', 'watcher', 'enforce']);
  assert.deepEqual(found?.evidence, {
    ...{ duty: 'babe', unit: '6', digest: seal('66'), granted: null, block: block('6', '66').block },
    ...{ observer: 'watcher', service: ledger.serviceId, head: (await permit.marks({}))[0]?.head },
  });
  assert.deepEqual(events(), ['unknown-signature', 'key-frozen']);
  // A second report of the same clone changes nothing more.
  await tell.seal(block('8', '66'));
  assert.deepEqual(events(), ['unknown-signature', 'key-frozen']);
  assert.equal(service.incidents.length, 1);
  for (const part of [/babe 6/, /granted +nothing for this unit/, /seen by +watcher/, /1\. Find the other/])
    assert.match(service.incidentShown(), part);
  const what = 'block 812 is sealed with this key for babe unit';
  assert.equal(found?.reason, `${what} 6, and no service granted it`);
  await service.lift();
  assert.equal(await ask(permit, 'a', { unit: '7000', digest: seal('07') }), 'granted:new');
  await tell.seal(block('7000', '66'));
  assert.equal((await freeze())?.reason, `${what} 7000, and the ledger granted ${seal('07')} for it`);
});

const COLLATOR = {
  duties: { 'aura-parachain': { enabled: true, digestRequired: true, window: 64 } },
} as const satisfies Partial<PolicyDocument>;

/** A collator's block 7, as the observer reports it: a unit of each duty that may count it. */
const collated = (slot: number, relayParent: number, byte: string) =>
  [
    ['aura', `${slot}`],
    ['aura-blocks', `${slot}/7`],
    ['aura-parachain', `${slot}/7/${relayParent}`],
  ].map(([duty = '', unit = '']) => block(unit, byte, { duty, block: { number: '7', hash: seal('77') } }));

test('blocks of a collator on several relay parents, each with a grant, freeze no key', async (context) => {
  const { permit, mode, logged, tell } = await watched(context, COLLATOR);
  const take = async (slot: number, relayParent: number, byte: string) => {
    const claim = { duty: 'aura-parachain', unit: `${slot}/7/${relayParent}`, digest: seal(byte) };
    assert.equal(await ask(permit, 'a', claim), 'granted:new');
  };
  await take(5, 2, '02');
  await take(5, 1, '01');
  // So many that the first ones leave the mark.
  for (let slot = 6; slot < 76; slot++) await take(slot, 1, '06');
  for (const seen of [collated(5, 1, '01'), collated(5, 2, '02'), collated(75, 1, '06')])
    await tell.seal(...seen);
  assert.deepEqual([await mode(), logged], ['enforce', []]);
});

test('a block of a collator that no service granted freezes its key: another payload, or another relay parent', async (context) => {
  for (const relayParent of [2, 3])
    await context.test(`${relayParent}`, async (inner) => {
      const { permit, mode, tell } = await watched(inner, COLLATOR);
      await ask(permit, 'a', { duty: 'aura-parachain', unit: '5/7/2', digest: seal('02') });
      await tell.seal(...collated(5, relayParent, '55'));
      assert.equal(await mode(), 'frozen');
    });
});

test('what the ledger cannot know freezes no key', async (context) => {
  const { permit, mode, store, logged, tell } = await watched(context);
  const ignored = async (seen: SeenSignature, why: string) => {
    await tell.seal(seen);
    assert.equal(await mode(), 'enforce', why);
  };
  const floors = { ...NEVER_SIGNED, babe: '100' };
  await permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'x' }, 'ada');
  logged.length = 0;
  await ignored(block('100', '66'), 'signed before the adoption');
  await ignored(block('7300', '66'), 'ahead of the clock');
  await ignored(block('200', '66', { key: SIBLINGS[0] }), 'a key without a policy');
  await ignored(block('200', '66', { duty: 'aura' }), 'a duty that the policy does not have');
  await ignored(block('0/1', '66', { duty: 'grandpa' }), 'a duty that is not compared');
  await ignored(block('200', '66', { duty: 'sassafras' }), 'a duty that does not exist');
  const document = policyDocument(FREEZES);
  const off = { ...document.duties, babe: { enabled: false, digestRequired: true, window: 1 } };
  await permit.applyPolicy({ ...document, duties: off }, 'ada');
  await ignored(block('200', '66'), 'a duty that is off');
  await permit.applyPolicy(document, 'ada');
  assert.deepEqual(logged, []);
  await put(store, 'epoch', null);
  await assert.rejects(tell.seal(block('200', '66')), PermitFault);
  assert.equal(await mode(), 'enforce', 'the store is another one');
});

test('while a rollback report is held the ledger may lack a grant, so no machine is accused', async (context) => {
  const { permit, store, freeze, tell } = await watched(context);
  assert.equal(await ask(permit, 'a', { unit: '99', word: await wordAhead(store) }), 'denied:store-behind');
  await tell.seal(block('6', '66'));
  assert.equal(await freeze(), undefined);
  await releaseAll(permit);
  await tell.seal(block('6', '66'));
  assert.equal((await freeze())?.cause, 'unknown-signature');
});

/** A machine with three keys, and a store that fails for the policies of some of them. */
async function machine(context: TestContext) {
  let fails: readonly string[] = [];
  const store = fakeSeen(memoryStore(context), ({ writes }) =>
    writes.some(({ key }) => fails.some((one) => key === keys.policyPointer(CHAIN, one)))
      ? Promise.reject(new StoreFault('unavailable', 'no answer', 'wait'))
      : undefined,
  );
  const { log, events: errors } = fakeLog('error');
  const incidents: (readonly string[])[] = [];
  const keep = async ({ frozen }: Incident) => void incidents.push(frozen.map(({ key }) => key));
  const { permit } = await startAdopted(context, FREEZES, { store, parts: { log, incidents: keep } });
  for (const key of SIBLINGS) {
    await adoptOther(permit, ['a', 'b'], key);
    await permit.applyPolicy(policyDocument({ ...FREEZES, key }), 'test');
  }
  const failing = (some: readonly string[]): void => {
    fails = some;
  };
  const report = () => permit.reportSignatures(reportOf(block('6', '66')), 'watcher');
  const frozen = async () =>
    (await permit.policies()).filter(({ mode }) => mode === 'frozen').map(({ key }) => key);
  const alarms = () => errors.filter(({ event }) => event === 'unknown-signature').length;
  return { permit, failing, report, frozen, alarms, incidents };
}

test('a key of the machine that could not be frozen keeps no other one from it, and the next report freezes it', async (context) => {
  const { failing, report, frozen, alarms, incidents } = await machine(context);
  const [first, second] = SIBLINGS;
  failing([first]);
  await assert.rejects(report(), { code: 'unavailable' });
  assert.deepEqual(await frozen(), [KEY, second]);
  failing([]);
  await report();
  assert.deepEqual((await frozen()).toSorted(), [KEY, ...SIBLINGS].toSorted());
  assert.deepEqual([incidents, alarms()], [[[KEY, second], [first]], 1]);
});

test('a report about a key that a person froze is accepted, and freezes nothing', async (context) => {
  const { permit, report, frozen, alarms } = await machine(context);
  await permit.freeze({ key: KEY, reason: 'the disk was copied' }, 'ada');
  await report();
  assert.deepEqual([await frozen(), alarms()], [[KEY], 0]);
});

test('after a person lifted the freeze of another key, the same report does not freeze it again', async (context) => {
  const { permit, report, frozen } = await machine(context);
  await report();
  await permit.liftFreeze({ key: SIBLINGS[0], reason: 'the copy is destroyed' }, 'ada');
  await report();
  assert.deepEqual(await frozen(), [KEY, SIBLINGS[1]]);
});
