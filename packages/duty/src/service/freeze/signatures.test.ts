import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { StoreFault, type TransactionResult } from '../../store/index.ts';
import { PermitFault, type PolicyDocument, type SignaturesReport } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import type { Incident } from '../incident.ts';
import type { Log } from '../ports.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  fakeSeen,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  put,
  seal,
  silentLog,
  startAdopted,
} from '../testing/services.ts';
import { incidentText } from './incident.ts';
import { target, voteKey } from './testing/vote-key.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const FREEZES = { unknownSignature: 'freeze', standbyDelayMs: 0 } as const;

/** A block of the key in this slot, with this payload. */
const block = (unit: string, digest: string, key = KEY) => ({
  chain: CHAIN,
  signatures: [
    { key, duty: 'babe', unit, digest, block: { number: '812', hash: `0x${unit.padStart(64, '7')}` } },
  ],
});

/** A service that freezes by itself, and everything that it logs as an error or keeps as an incident. */
async function watched(context: TestContext, change: Partial<PolicyDocument> = {}) {
  const errors: Record<string, unknown>[] = [];
  const incidents: Incident[] = [];
  const log: Log = { ...silentLog, error: (event) => void errors.push(event) };
  const keep = async (incident: Incident) => void incidents.push(incident);
  const parts = { log, incidents: keep };
  const service = await startAdopted(context, { ...FREEZES, ...change }, { parts });
  const { permit } = service;
  const mode = async (key = KEY) => (await permit.policies()).find((each) => each.key === key)?.mode;
  return { ...service, errors, incidents, mode, events: () => errors.map(({ event }) => event) };
}

test('a block that no service granted freezes the key, with the evidence and an incident', async (context) => {
  const { permit, mode, events, incidents, ledger } = await watched(context);
  await ask(permit, 'a', { unit: '5', digest: seal('05') });
  await permit.reportSignatures(block('6', seal('66')), 'watcher');
  assert.equal(await mode(), 'frozen');
  assert.equal(await ask(permit, 'a', { unit: '7' }), 'denied:key-frozen');
  const [policy] = await permit.policies();
  const { freeze } = policy ?? {};
  assert.deepEqual([freeze?.cause, freeze?.by, freeze?.before], ['unknown-signature', 'watcher', 'enforce']);
  assert.deepEqual(freeze?.evidence, {
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

test('what the ledger cannot know freezes no key', async (context) => {
  const { permit, mode, store, errors } = await watched(context);
  const ignored = async (report: Parameters<typeof permit.reportSignatures>[0], why: string) => {
    await permit.reportSignatures(report, 'watcher');
    assert.equal(await mode(), 'enforce', why);
  };
  await permit.adopt(
    { chain: CHAIN, key: KEY, floors: { ...NEVER_SIGNED, babe: '100' }, confirmation: 'x' },
    'ada',
  );
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
  assert.deepEqual(errors, []);
  await put(store, 'epoch', null);
  const lost = permit.reportSignatures(block('200', seal('66')), 'watcher');
  await assert.rejects(lost, (error: unknown) => error instanceof PermitFault);
  assert.equal(await mode(), 'enforce', 'the store is another one');
});

const VOTER = voteKey('11');
const SIBLINGS = [`0x${'cd'.repeat(32)}`, `0x${'ce'.repeat(32)}`] as const;
const BLOCK = { number: '812', hash: `0x${'7'.repeat(64)}` };

const NODES = ['a', 'b'];

function sealed(digest: string): SignaturesReport {
  return { chain: CHAIN, signatures: [{ key: KEY, duty: 'babe', unit: '6', digest, block: BLOCK }] };
}

/** A machine with several keys, and a store that gives this answer to the policies of some of them. */
async function machine(context: TestContext, others: readonly string[] = SIBLINGS) {
  let fails: readonly string[] = [];
  let answer: () => Promise<TransactionResult> = () => Promise.reject(fault());
  const store = fakeSeen(memoryStore(context), ({ writes }) =>
    writes.some(({ key }) => fails.some((one) => key === keys.policyPointer(CHAIN, one)))
      ? answer()
      : undefined,
  );
  const errors: Record<string, unknown>[] = [];
  const incidents: Incident[] = [];
  const log = { ...silentLog, error: (event: Record<string, unknown>) => void errors.push(event) };
  const keep = async (incident: Incident) => void incidents.push(incident);
  const { permit } = await startAdopted(context, FREEZES, { store, parts: { log, incidents: keep } });
  const roster = NODES.map((name, rank) => ({ name, rank }));
  for (const key of others) {
    await adoptOther(permit, NODES, key);
    await permit.applyPolicy(policyDocument({ ...FREEZES, key, roster }), 'test');
  }
  const failing = (some: readonly string[], instead = answer): void => {
    fails = some;
    answer = instead;
  };
  const frozen = async () =>
    (await permit.policies()).filter(({ mode }) => mode === 'frozen').map(({ key }) => key);
  return { permit, failing, frozen, errors, incidents };
}

function fault(): StoreFault {
  return new StoreFault('unavailable', 'no answer', 'wait');
}

test('a freeze whose answer was lost does not end the freeze of the machine', async (context) => {
  const { permit, failing, frozen } = await machine(context);
  const lost = { outcome: 'ambiguous', cause: fault() } as const;
  failing(SIBLINGS, async () => lost);
  const uncertain = { code: 'store-unavailable' };
  await assert.rejects(permit.reportSignatures(sealed(seal('66')), 'watcher'), uncertain);
  assert.deepEqual(await frozen(), [KEY]);
  await assert.rejects(permit.reportSignatures(sealed(seal('66')), 'watcher'), uncertain, 'still');
  failing([]);
  await permit.reportSignatures(sealed(seal('66')), 'watcher');
  assert.equal((await frozen()).length, 3);
});

test('other signatures of a frozen key are not compared', async (context) => {
  const { permit, failing, frozen, errors } = await machine(context);
  failing(SIBLINGS);
  await assert.rejects(permit.reportSignatures(sealed(seal('66')), 'watcher'));
  failing([]);
  await permit.reportSignatures(sealed(seal('67')), 'watcher');
  await permit.reportSignatures(
    { chain: CHAIN, signatures: [{ key: KEY, duty: 'babe', unit: '7', digest: seal('66'), block: BLOCK }] },
    'watcher',
  );
  assert.deepEqual(await frozen(), [KEY]);
  assert.equal(errors.filter(({ event }) => event === 'unknown-signature').length, 1);
});

test('a report about a key that a person froze is accepted, and freezes nothing', async (context) => {
  const { permit, frozen, errors } = await machine(context);
  await permit.freeze({ key: KEY, reason: 'the disk was copied' }, 'ada');
  await permit.reportSignatures(sealed(seal('66')), 'watcher');
  assert.deepEqual(await frozen(), [KEY]);
  assert.equal(errors.filter(({ event }) => event === 'unknown-signature').length, 0);
});

test('a vote and an offence are tried again in the same way', async (context) => {
  const vote = VOTER.vote('3/7', target('aa'));
  const votes = { chain: CHAIN, votes: [vote] };
  const digests = [seal('61'), seal('62')] as const;
  const offence = { key: KEY, duty: 'babe', unit: '6', part: 'seal', digests, block: BLOCK } as const;
  const { permit, failing, frozen } = await machine(context, [SIBLINGS[0]]);
  failing(SIBLINGS);
  const tell = () => permit.reportOffences({ chain: CHAIN, offences: [offence] }, 'watcher');
  await assert.rejects(tell());
  failing([]);
  await tell();
  assert.deepEqual(await frozen(), [KEY, SIBLINGS[0]]);

  const other = await machine(context, [VOTER.key]);
  other.failing([KEY]);
  await assert.rejects(other.permit.reportVotes(votes, 'watcher'));
  assert.deepEqual(await other.frozen(), [VOTER.key]);
  other.failing([]);
  await other.permit.reportVotes(votes, 'watcher');
  assert.deepEqual((await other.frozen()).toSorted(), [KEY, VOTER.key].toSorted());
});
