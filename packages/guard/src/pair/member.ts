import { z } from 'zod';
import { machineName, recordText, wholeNumber } from './record.ts';

const nodeState = z.strictObject({
  version: z.string(),
  /** The id that its node key gives it, for example `12D3KooW…`. */
  peerId: z.string(),
  peers: z.int().min(0),
  syncing: z.boolean(),
  finalized: wholeNumber,
});

const shape = z.strictObject({
  v: z.literal(1),
  name: machineName,
  /** Rises with every report: a beat that moves shows a guard that runs. */
  beat: wholeNumber,
  /** The highest term that this machine has seen. */
  seenTerm: wholeNumber,
  /** Public session keys that are sealed here, for example `gran 0x88dc…`, sorted. */
  keys: z.array(z.string()).readonly(),
  open: z.int().min(0),
  /** The node below the guard; null while it does not answer. */
  node: nodeState.nullable(),
  /** Result of the comparison with the chain: `match`, `mismatch`, `unknown` or `not-asked`. */
  check: z.string(),
  /** The other validator for which this machine is active, so that it cannot take this role; null: none. */
  busyWith: z.string().nullable(),
  /** One sentence: the condition for which the keys wait. */
  say: z.string(),
});

export type NodeState = Readonly<z.output<typeof nodeState>>;

/** Facts of one machine of the pair, written by its guard every few seconds. */
export type MemberReport = Readonly<Omit<z.output<typeof shape>, 'v'>>;

/** For example `{"beat":"40","check":"match","keys":["gran 0x88dc…"],"name":"bravo","node":{…},…,"v":1}`. */
export const { encode: encodeMember, decode: decodeMember } = recordText(
  'the report of a machine of the pair',
  shape,
);
