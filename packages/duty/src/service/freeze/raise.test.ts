import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import type { FreezeEvidence, Policy } from '../../rule/index.ts';
import { SEAL } from '../claim/testing/claim.ts';
import type { CoreModules } from '../modules.ts';
import type { Incident } from '../ports.ts';
import { CHAIN, fakeLog, KEY, policyDocument } from '../testing/services.ts';
import { START_MS } from '../testing/world.ts';
import type { Freezer } from './freeze.ts';
import { createRaise, type Proof } from './raise.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const ALARM_ONLY = `0x${'aa'.repeat(32)}`;
const ELSEWHERE = `0x${'c2'.repeat(32)}`;

function policyOf(change: Partial<Policy> = {}): Policy {
  const document = policyDocument({ unknownSignature: 'freeze' });
  return { ...document, versionId: 'v', version: 1, mode: 'enforce', ...change } as Policy;
}

function proofOf(digest = '0x66', policy = policyOf(), unit = '6'): Proof {
  const evidence: FreezeEvidence = {
    ...{ duty: 'babe', unit, digest, granted: null, observer: 'watcher', service: 's1' },
    block: { number: '812', hash: '0x77' },
    head: { epoch: 'e', seq: '9', hash: 'ff' },
  };
  return { policy, duty: SEAL.duty, unit: [BigInt(unit)], evidence, reason: 'no service granted it' };
}

/** The alarm over these policies, which `freezer` freezes unless their own policy forbids it. */
function fakeGround(policies: readonly Policy[], isFull = false) {
  const { log, events: errors } = fakeLog('error');
  const kept: Incident[] = [];
  const incidents = async (incident: Incident) => {
    if (isFull) throw new Error('the disk is full');
    kept.push(incident);
  };
  const asked: string[] = [];
  const freezeKey: Freezer['freezeKey'] = async ({ chain, key }, cause, unless) => {
    asked.push(`${chain} ${key}`);
    const policy = policies.find((one) => one.chain === chain && one.key === key);
    if (policy === undefined || unless?.(policy) === true) return null;
    return { ...policy, mode: 'frozen', freeze: { before: 'enforce', ...cause, atMs: 0, lifted: null } };
  };
  const modules = { context: { parts: { log, incidents } }, policies: { all: () => policies } };
  const raise = createRaise(modules as unknown as CoreModules, { freezeKey } as Freezer);
  return { raise, errors, asked, kept };
}

test('each signature is an alarm once, with its evidence', async () => {
  const { raise, errors } = fakeGround([policyOf({ unknownSignature: 'alarm' })]);
  for (const digest of ['0x66', '0x67', '0x66']) await raise(proofOf(digest));
  await raise(proofOf('0x66', policyOf({ key: OTHER })));
  await raise(proofOf('0x66', policyOf(), '7'));
  const alarms = errors.map(({ key, unit, digest }) => `${key} ${unit} ${digest}`);
  assert.deepEqual(alarms, [`${KEY} 6 0x66`, `${KEY} 6 0x67`, `${OTHER} 6 0x66`, `${KEY} 7 0x66`]);
  const { evidence, reason } = proofOf();
  assert.deepEqual(errors[0], { event: 'unknown-signature', chain: CHAIN, key: KEY, ...evidence, reason });
});

test('a prevote and a precommit of one payload are an alarm each', async () => {
  const { raise, errors } = fakeGround([policyOf({ unknownSignature: 'alarm' })]);
  const { evidence, ...proof } = proofOf();
  for (const part of ['prevote', 'precommit', 'prevote'] as const)
    await raise({ ...proof, evidence: { ...evidence, duty: 'grandpa', unit: '3/7', part } });
  assert.deepEqual(errors.map(field('part')), ['prevote', 'precommit']);
});

test('the memory of alarms is bounded: after 256 others a signature is logged again', async () => {
  const { raise, errors } = fakeGround([policyOf({ unknownSignature: 'alarm' })]);
  for (let at = 0; at < 256; at++) await raise(proofOf(`0x${at}`));
  for (let at = 0; at < 256; at++) await raise(proofOf(`0x${at}`));
  assert.equal(errors.length, 256, 'as many are remembered');
  await raise(proofOf('0xff'));
  await raise(proofOf('0x1'));
  assert.equal(errors.length, 258);
});

test('the other keys of the same machines are frozen on the same chain, and no others', async () => {
  const roster = (...names: readonly string[]) => names.map((name, rank) => ({ name, rank }));
  const policies = [
    policyOf(),
    policyOf({ key: OTHER, roster: roster('x', 'b') }),
    policyOf({ key: `0x${'ee'.repeat(32)}`, roster: roster('x', 'y') }),
    policyOf({ chain: ELSEWHERE, key: OTHER }),
    policyOf({ key: ALARM_ONLY, unknownSignature: 'alarm' }),
  ];
  const { raise, asked, kept } = fakeGround(policies);
  await raise(proofOf());
  assert.deepEqual(asked, [`${CHAIN} ${KEY}`, `${CHAIN} ${OTHER}`, `${CHAIN} ${ALARM_ONLY}`]);
  const frozen = kept.map((incident) => [incident.key, ...incident.frozen.map(({ key }) => key)]);
  assert.deepEqual(frozen, [[KEY, KEY, OTHER]]);
});

test('a policy that changed meanwhile decides: one that only alarms, or whose freeze was lifted, is not frozen', async () => {
  const lifted = { by: 'ada', reason: 'r', atMs: START_MS };
  const cause = { cause: 'operator', by: 'ada', reason: 'r', evidence: null } as const;
  const freeze = { before: 'enforce', ...cause, atMs: 0, lifted } as const;
  for (const change of [{ unknownSignature: 'alarm' }, { freeze }] as const) {
    const { raise, kept } = fakeGround([policyOf(change)]);
    await raise(proofOf());
    assert.deepEqual(kept, []);
  }
});

test('an incident that was not written is logged, and ends nothing', async () => {
  const { raise, errors } = fakeGround([policyOf()], true);
  await raise(proofOf());
  const unwritten = { event: 'incident-unwritten', chain: CHAIN, key: KEY };
  assert.deepEqual(errors[1], { ...unwritten, error: 'Error: the disk is full' });
});
