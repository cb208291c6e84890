import type { NodeRpc } from '@watchbill/chain';
import type { ActionPlugin } from '../../../actions/port.ts';
import { newOperatorKey } from '../../../keys/operator-key.ts';
import { certificateOf, encodeCertificate } from '../../../quorum/certificate.ts';
import type { QuorumSchedule } from '../../../quorum/group.ts';
import type { Value } from '../../../quorum/messages.ts';
import type { QuorumPlan } from '../../../quorum/plan-port.ts';
import { fakeOperators, fakePlan, fakeVoices } from '../../../quorum/testing/fake-operators.ts';
import { encodeValue, valueDigest } from '../../../quorum/value.ts';

/** A group of four with two actions on its agenda, and their keys. */
export function fakeDemoGroup() {
  const windows = { frequencyBlocks: 20n, rankBlocks: 3n, rankCount: 4, certificateBlocks: 3n };
  const changes = { name: 'demo', resource: 'notes', windows };
  const operators = fakeOperators(4, changes, () => newOperatorKey('ed25519'));
  const cadence = { kind: 'every', windows: 1n, offset: 0n } as const;
  const agenda = ['urgent', 'usual'].map((action) => ({
    action,
    cadence,
    validityBlocks: 30n,
    parameters: '{}',
  }));
  const schedule: QuorumSchedule = [
    { version: 1, fromHeight: 0n, seedSource: 'block-hash', stageBlocks: 2n, agenda },
  ];
  return {
    ...operators,
    schedule,
    plan: (window: bigint): QuorumPlan => fakePlan(operators, window, schedule),
    value: ({ referenceHash }: QuorumPlan, changes: Partial<Value> = {}): Value => ({
      action: 'usual',
      resource: 'notes',
      validityBlocks: 30n,
      referenceHash,
      content: Buffer.from('content'),
      ...changes,
    }),
    /** The bytes of a certificate that these seats committed to. */
    certificate: (plan: QuorumPlan, value: Value, seats: readonly number[] = [0, 1, 2]): Uint8Array => {
      const commits = fakeVoices(operators, plan).votes('commit', 0, valueDigest(value), [...seats]);
      return encodeCertificate(certificateOf(plan, 0, value, commits));
    },
  };
}

export const subjectOf = encodeValue;

/** An action that a test controls. */
export function fakePlugin(name: string, changes: Partial<ActionPlugin> = {}): ActionPlugin {
  return {
    name,
    parametersProblem: () => null,
    pathSettings: [],
    settingsProblem: () => null,
    draft: async () => ({ kind: 'content', content: Buffer.from(name) }),
    validate: async () => ({ result: 'valid' }),
    judge: () => null,
    describe: () => name,
    dryRun: async () => [],
    execute: async () => ({ action: name, result: 'done', text: 'done', extrinsic: null }),
    ...changes,
  };
}

/** A node that no code here calls. */
export const noNode: NodeRpc = {
  address: 'none',
  call: async () => {
    throw new Error('unexpected call');
  },
  subscribe: async () => {
    throw new Error('unexpected call');
  },
  close: () => undefined,
};
