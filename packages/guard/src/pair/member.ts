import { canonicalJson } from '@watchbill/kit';
import { z } from 'zod';
import { decoded, machineName, wholeNumber } from './record.ts';

/** Facts of one machine of the pair, written by its guard every few seconds. */
export interface MemberReport {
  readonly name: string;
  /** Rises with every report: a beat that moves shows a guard that runs. */
  readonly beat: bigint;
  /** The highest term that this machine has seen. */
  readonly seenTerm: bigint;
  /** Public session keys that are sealed here, for example `gran 0x88dc…`, sorted. */
  readonly keys: readonly string[];
  /** How many of them are placed. */
  readonly open: number;
  /** The node below the guard; null while it does not answer. */
  readonly node: NodeState | null;
  /** Result of the comparison with the chain: `match`, `mismatch`, `unknown` or `not-asked`. */
  readonly check: string;
  /** One sentence: the condition for which the keys wait. */
  readonly say: string;
}

export interface NodeState {
  readonly version: string;
  /** The id that its node key gives it, for example `12D3KooW…`. Null if it does not say. */
  readonly peerId: string | null;
  readonly peers: number;
  readonly syncing: boolean;
  readonly finalized: bigint;
}

const shape = z.strictObject({
  v: z.literal(1),
  name: machineName,
  beat: wholeNumber,
  seenTerm: wholeNumber,
  keys: z.array(z.string()),
  open: z.int().min(0),
  node: z
    .strictObject({
      version: z.string(),
      peerId: z.string().nullable().default(null),
      peers: z.int().min(0),
      syncing: z.boolean(),
      finalized: wholeNumber,
    })
    .nullable(),
  check: z.string(),
  say: z.string(),
});

/** For example `{"beat":"40","check":"match","keys":["gran 0x88dc…"],"name":"bravo","node":{…},…,"v":1}`. */
export function encodeMember(report: MemberReport): string {
  return canonicalJson({ v: 1, ...report });
}

/** Throws a GuardFault `store` for a record of another program or of a later release. */
export function decodeMember(text: string): MemberReport {
  const { v: _, ...report } = decoded('the report of a machine of the pair', text, shape);
  return report;
}
