import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { StoreFault, type TransactionResult } from '../../store/index.ts';
import type { SignaturesReport } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import type { Incident } from '../ports.ts';
import {
  adoptOther,
  CHAIN,
  fakeLog,
  fakeSeen,
  KEY,
  memoryStore,
  policyDocument,
  seal,
  startAdopted,
} from '../testing/services.ts';

const SIBLINGS = [`0x${'cd'.repeat(32)}`, `0x${'ce'.repeat(32)}`] as const;
const BLOCK = { number: '812', hash: `0x${'7'.repeat(64)}` };
const FREEZES = { unknownSignature: 'freeze', standbyDelayMs: 0 } as const;
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
  const { log, events: errors } = fakeLog('error');
  const incidents: Incident[] = [];
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

function framed(incidents: readonly Incident[]): readonly (readonly string[])[] {
  return incidents.map(({ frozen }) => frozen.map(({ key }) => key));
}

test('a key of the machine that could not be frozen keeps no other one from it, and the next report freezes it', async (context) => {
  const { permit, failing, frozen, errors, incidents } = await machine(context);
  const [first, second] = SIBLINGS;
  failing([first]);
  await assert.rejects(permit.reportSignatures(sealed(seal('66')), 'watcher'), { code: 'unavailable' });
  assert.deepEqual(await frozen(), [KEY, second]);
  failing([]);
  await permit.reportSignatures(sealed(seal('66')), 'watcher');
  assert.deepEqual((await frozen()).toSorted(), [KEY, ...SIBLINGS].toSorted());
  assert.deepEqual(framed(incidents), [[KEY, second], [first]]);
  assert.equal(errors.filter(({ event }) => event === 'unknown-signature').length, 1, 'one alarm');
});

test('a report about a key that a person froze is accepted, and freezes nothing', async (context) => {
  const { permit, frozen, errors } = await machine(context);
  await permit.freeze({ key: KEY, reason: 'the disk was copied' }, 'ada');
  await permit.reportSignatures(sealed(seal('66')), 'watcher');
  assert.deepEqual(await frozen(), [KEY]);
  assert.equal(errors.filter(({ event }) => event === 'unknown-signature').length, 0);
});

test('after a person lifted the freeze of another key, the same report does not freeze it again', async (context) => {
  const { permit, frozen } = await machine(context);
  await permit.reportSignatures(sealed(seal('66')), 'watcher');
  await permit.liftFreeze({ key: SIBLINGS[0], reason: 'the copy is destroyed' }, 'ada');
  await permit.reportSignatures(sealed(seal('66')), 'watcher');
  assert.deepEqual(await frozen(), [KEY, SIBLINGS[1]]);
});
