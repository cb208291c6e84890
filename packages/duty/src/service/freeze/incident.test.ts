import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Freeze, FreezeEvidence, Policy } from '../../rule/index.ts';
import { incidentOf, incidentText } from './incident.ts';

const EVIDENCE: FreezeEvidence = {
  duty: 'babe',
  unit: '6',
  digest: '0x66',
  granted: '0x01',
  block: { number: '812', hash: '0x77' },
  observer: 'watcher',
  service: 's1',
  head: { epoch: 'e', seq: '9', hash: 'ff' },
};
const freezeBy = (evidence: FreezeEvidence | null): Freeze => ({
  before: 'enforce',
  cause: 'unknown-signature',
  by: 'watcher',
  reason: 'block 812 is sealed with this key',
  atMs: 1_700_000_000_000,
  evidence,
  lifted: null,
});
const policy = (key: string, version: number) => ({ chain: '0xc1', key, version }) as Policy;
const incident = (evidence: FreezeEvidence | null) =>
  incidentOf([policy('0xab', 4), policy('0xcd', 2)], freezeBy(evidence));
/** The lines before the empty one. */
const factsOf = (evidence: FreezeEvidence | null) =>
  incidentText(incident(evidence)).split('\n\n')[0]?.split('\n') ?? [];

test('its text has one fact a line, then what to do', () => {
  assert.deepEqual(incidentText(incident(EVIDENCE)).split('\n'), [
    'when         2023-11-14T22:13:20.000Z',
    'key          0xab',
    'chain        0xc1',
    'what         block 812 is sealed with this key',
    'block        812 0x77',
    'unit         babe 6',
    'signed       0x66',
    'granted      0x01',
    'seen by      watcher',
    'compared by  service s1, entry 9 of the mark',
    'frozen       0xab, policy version 4',
    'frozen       0xcd, policy version 2',
    '',
    'Next:',
    '1. Find the other signer of the key and power it off: a plain node, a copy of a disk or image, a machine that you replaced.',
    '2. Run `watchbill ledger verify` with an export of each service. It must report no fault: then the services granted the payload to no node.',
    '3. If you do not find the signer, treat the keys as stolen: set new session keys on the chain.',
    '4. Run `watchbill adopt` with floors above everything that the other machine may have signed.',
    '5. Run `watchbill freeze lift --key KEY --reason TEXT`, for each key of this list.',
    '',
  ]);
});

test('without evidence the facts of the freeze alone are shown', () => {
  assert.deepEqual(
    factsOf(null).map((line) => line.split(' ')[0]),
    ['when', 'key', 'chain', 'what', 'frozen', 'frozen'],
  );
});
