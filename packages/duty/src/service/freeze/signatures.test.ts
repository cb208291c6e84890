import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { PermitFault, type PolicyDocument } from '../contract.ts';
import type { Incident } from '../incident.ts';
import type { Log } from '../ports.ts';
import {
  ask,
  CHAIN,
  KEY,
  NEVER_SIGNED,
  policyDocument,
  put,
  seal,
  silentLog,
  startAdopted,
} from '../testing/services.ts';
import { incidentText } from './incident.ts';

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
