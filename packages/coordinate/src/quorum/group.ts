import type { PublicIdentity } from '../keys/port.ts';
import type { InputAsk } from '../rules.ts';

/** The parts of a window, in blocks; see decision 0005. Fixed for the life of a group. */
export interface QuorumWindows {
  readonly frequencyBlocks: bigint;
  readonly rankBlocks: bigint;
  readonly rankCount: number;
  /** After the last rank only certificates count. */
  readonly certificateBlocks: bigint;
}

/** A member; its seat is its index in the group. */
export interface QuorumMember extends PublicIdentity {
  readonly name: string;
}

/** A group. Its id is the SHA-256 of all these fields, so any change makes another group. */
export interface QuorumGroup {
  readonly name: string;
  /** Hash of block 0 of its chain, 32 bytes. */
  readonly genesis: Uint8Array;
  /** The resource that the actions of this group use; one action at a time. */
  readonly resource: string;
  readonly windows: QuorumWindows;
  readonly members: readonly QuorumMember[];
  /** Id of the group that has to hand over the resource first, 32 bytes; left out if there is none. */
  readonly predecessor?: Uint8Array;
}

/** When an action is due: every n-th window, or by a draw in each window. */
export type Cadence =
  | { readonly kind: 'every'; readonly windows: bigint; readonly offset: bigint }
  | { readonly kind: 'drawn'; readonly perMillion: number };

export interface AgendaItem {
  readonly action: string;
  readonly cadence: Cadence;
  /** How long the agreed action may run, from the end of the window. */
  readonly validityBlocks: bigint;
  /** The parameters of the action's plug-in; canonical JSON text. */
  readonly parameters: string;
}

/** The agenda of a group from a height on. A window belongs to the version in force at its first block. */
export interface ScheduleVersion {
  readonly version: number;
  readonly fromHeight: bigint;
  readonly seedSource: InputAsk['kind'];
  /** How long a submitter waits for the one before it. */
  readonly stageBlocks: bigint;
  /** Most urgent first. */
  readonly agenda: readonly AgendaItem[];
}

/** In order of height; the first from height 0. */
export type QuorumSchedule = readonly ScheduleVersion[];

/** How many members make a quorum. Any two quorums share an honest member. */
export function quorumOf(members: number): number {
  return Math.floor((2 * members) / 3) + 1;
}

/** How many members may fail in any way. */
export function faultyOf(members: number): number {
  return Math.floor((members - 1) / 3);
}
