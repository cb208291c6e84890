import { createHash } from 'node:crypto';
import { type FakeNode, fakeNode } from '../../engine/testing/fake-node.ts';
import type { VerifySignature } from '../../keys/port.ts';
import { type Window, windowOf } from '../../window.ts';
import type { Judges } from '../evidence.ts';
import type { QuorumGroup, QuorumSchedule } from '../group.ts';
import { windowSchedule } from '../identity.ts';
import { planQuorum, quorumInputs } from '../plan.ts';
import type { QuorumPlan } from '../plan-port.ts';
import type { QuorumRound } from '../round.ts';
import { quorumRules } from '../rules.ts';
import type { QuorumProposal, Switches } from '../self.ts';
import { fakeKey, fakeOperators, fakeVerify } from './fake-operators.ts';

export type QuorumNode = FakeNode<QuorumPlan, QuorumRound, QuorumProposal>;

export { fakeKey, fakeVerify };

export const CONTENT = Uint8Array.from([1, 2, 3]);

/** Windows of 25 blocks every 30: four ranks of 5, and 5 for certificates. */
export function groupOf(members: number): QuorumGroup {
  const windows = { frequencyBlocks: 30n, rankBlocks: 5n, rankCount: 4, certificateBlocks: 5n };
  const changes = { name: 'test', genesis: new Uint8Array(32).fill(7), resource: 'account/1', windows };
  return fakeOperators(members, changes, (seat) => fakeKey(`seat ${seat}`)).group;
}

/**
 * One version; `call` is due in every window and runs for 10 blocks, `rare` is never due in the first
 * hundred.
 */
export const SCHEDULE: QuorumSchedule = [
  {
    version: 1,
    fromHeight: 0n,
    seedSource: 'block-hash',
    stageBlocks: 2n,
    agenda: [
      {
        action: 'call',
        cadence: { kind: 'every', windows: 1n, offset: 0n },
        validityBlocks: 10n,
        parameters: '{}',
      },
      {
        action: 'rare',
        cadence: { kind: 'every', windows: 1_000n, offset: 999n },
        validityBlocks: 10n,
        parameters: '{}',
      },
    ],
  },
];

export function hashAt(height: bigint): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(`block ${height}`).digest());
}

export const windowNumber = (group: QuorumGroup, index: bigint): Window =>
  windowOf(windowSchedule(group), index);

/** The plan that every member makes of a window here. */
export function planOf(group: QuorumGroup, index = 1n, schedule = SCHEDULE): QuorumPlan {
  const window = windowNumber(group, index);
  const [seedInput, referenceHash] = quorumInputs(group, schedule, window).map(({ height }) =>
    hashAt(height),
  );
  return planQuorum(group, schedule, window, seedInput ?? hashAt(0n), referenceHash ?? hashAt(0n));
}

export interface NodeOptions {
  readonly switches?: Partial<Switches>;
  readonly schedule?: QuorumSchedule;
  readonly judges?: Judges;
  readonly verify?: VerifySignature;
  readonly heldFrom?: bigint;
  readonly silenced?: () => string | null;
  /** Asked before each signature of {@link fakeKey}; throws if there is none. */
  readonly beforeSigning?: () => void;
}

export function nodeOf(group: QuorumGroup, seat: number, options: NodeOptions = {}): QuorumNode {
  const { switches = {}, schedule = SCHEDULE, judges, verify = fakeVerify, heldFrom } = options;
  const own = fakeKey(`seat ${seat}`);
  const sign = (message: Uint8Array): Uint8Array => {
    options.beforeSigning?.();
    return own.sign(message);
  };
  const key = { ...own, sign };
  const held = heldFrom === undefined ? {} : { heldFrom };
  const { silenced = () => null } = options;
  const self = { group, schedule, seat, key, verify, switches, ...held, silenced };
  return fakeNode(quorumRules(judges === undefined ? self : { ...self, judges }));
}
