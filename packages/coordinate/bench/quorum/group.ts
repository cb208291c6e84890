import { createHash } from 'node:crypto';
import type { QuorumGroup, QuorumSchedule, Records } from '@watchbill/coordinate';
import type { OperatorKey } from './keys.ts';

/** The one action of the group; due in every window. */
export const ACTION = 'drill';

export const SCHEDULE: QuorumSchedule = [
  {
    version: 1,
    fromHeight: 0n,
    seedSource: 'block-hash',
    stageBlocks: 5n,
    agenda: [
      {
        action: ACTION,
        cadence: { kind: 'every', windows: 1n, offset: 0n },
        validityBlocks: 5n,
        parameters: '{}',
      },
    ],
  },
];

/** A group of these keys. */
export function groupOf(keys: readonly OperatorKey[]): QuorumGroup {
  return {
    name: 'bench',
    genesis: hashOf(0n),
    resource: 'drill',
    windows: { frequencyBlocks: 120n, rankBlocks: 20n, rankCount: 4, certificateBlocks: 20n },
    members: keys.map(({ scheme, publicKey }, seat) => ({ name: `member-${seat}`, scheme, publicKey })),
  };
}

/** The hash of a block of the chain that only counts. */
export function hashOf(height: bigint): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(`block ${height}`).digest());
}

/** Keeps the cursor and nothing else. */
export function cursorOnly(): Records {
  let cursor: string | null = null;
  return {
    loadCursor: async () => cursor,
    storeCursor: async (text) => {
      cursor = text;
    },
    fault: async () => undefined,
    outcome: async () => undefined,
    receipt: async () => undefined,
  };
}
