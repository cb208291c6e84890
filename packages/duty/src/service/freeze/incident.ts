import { columns } from '@watchbill/kit';
import type { Freeze, Policy } from '../../rule/index.ts';
import type { Incident } from '../ports.ts';

const NEXT = [
  'Find the other signer of the key and power it off: a plain node, a copy of a disk or image, a machine that you replaced.',
  'Run `watchbill ledger verify` with an export of each service. It must report no fault: then the services granted the payload to no node.',
  'If you do not find the signer, treat the keys as stolen: set new session keys on the chain.',
  'Run `watchbill adopt` with floors above everything that the other machine may have signed.',
  'Run `watchbill freeze lift --key KEY --reason TEXT`, for each key of this list.',
];

/** @param policies the policies that were frozen, that of the signature's key first */
export function incidentOf(policies: readonly [Policy, ...Policy[]], freeze: Freeze): Incident {
  const [{ chain, key }] = policies;
  const frozen = policies.map((policy) => ({
    chain: policy.chain,
    key: policy.key,
    version: policy.version,
  }));
  return { v: 1, key, chain, freeze, frozen, next: NEXT };
}

/** The same for people, one fact a line. */
export function incidentText({ key, chain, freeze, frozen, next }: Incident): string {
  const { evidence } = freeze;
  const facts: readonly (readonly [string, string])[] = [
    ['when', new Date(freeze.atMs).toISOString()],
    ['key', key],
    ['chain', chain],
    ['what', freeze.reason],
    ...(evidence === null
      ? []
      : ([
          ['block', `${evidence.block.number} ${evidence.block.hash}`],
          [
            'unit',
            `${evidence.duty} ${evidence.unit}${evidence.part === undefined ? '' : ` ${evidence.part}`}`,
          ],
          ['signed', evidence.digest],
          ...(evidence.otherDigest === undefined ? [] : ([['signed too', evidence.otherDigest]] as const)),
          ...(evidence.otherDigest === undefined
            ? ([['granted', evidence.granted ?? 'nothing for this unit']] as const)
            : []),
          ['seen by', evidence.observer],
          ['compared by', `service ${evidence.service}, entry ${evidence.head.seq} of the mark`],
        ] as const)),
    ...frozen.map((each) => ['frozen', `${each.key}, policy version ${each.version}`] as const),
  ];
  const steps = next.map((step, at) => `${at + 1}. ${step}\n`);
  return `${columns(facts)}\nNext:\n${steps.join('')}`;
}
