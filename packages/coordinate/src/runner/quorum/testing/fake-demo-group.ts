import { createHash } from 'node:crypto';
import type { NodeRpc } from '@watchbill/chain';
import type { ActionPlugin } from '../../../actions/port.ts';
import { newOperatorKey } from '../../../keys/operator-key.ts';
import { certificateOf, encodeCertificate } from '../../../quorum/certificate.ts';
import type { QuorumGroup, QuorumSchedule } from '../../../quorum/group.ts';
import { windowSchedule } from '../../../quorum/identity.ts';
import type { Value } from '../../../quorum/messages.ts';
import { planQuorum } from '../../../quorum/plan.ts';
import type { QuorumPlan } from '../../../quorum/plan-port.ts';
import { domainOf, signStatement } from '../../../quorum/signing.ts';
import { encodeValue, valueDigest } from '../../../quorum/value.ts';
import { windowOf } from '../../../window.ts';

/** A group of four with two actions on its agenda, and their keys. */
export function fakeDemoGroup() {
  const keys = ['one', 'two', 'three', 'four'].map(() => newOperatorKey('ed25519'));
  const group: QuorumGroup = {
    name: 'demo',
    genesis: hash('genesis'),
    resource: 'notes',
    windows: { frequencyBlocks: 20n, rankBlocks: 3n, rankCount: 4, certificateBlocks: 3n },
    members: keys.map(({ scheme, publicKey }, seat) => ({ name: `m${seat}`, scheme, publicKey })),
  };
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
    keys,
    group,
    schedule,
    plan: (window: bigint): QuorumPlan =>
      planQuorum(
        group,
        schedule,
        windowOf(windowSchedule(group), window),
        hash('seed'),
        hash(`block of ${window}`),
      ),
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
      const statement = { kind: 'commit', digest: valueDigest(value) } as const;
      const commits = seats.map((seat) => {
        const header = { version: 1, window: plan.window.index, rank: 0, seat };
        const key = keys[seat];
        if (key === undefined) throw new Error(`there is no seat ${seat}`);
        return { seat, signature: signStatement(key, domainOf(plan), header, statement) };
      });
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

function hash(text: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(text).digest());
}
