import { type Window, windowOf } from '../window.ts';
import { hexOf } from './digest.ts';
import { drawBlock, drawsOf } from './draws.ts';
import { faultyOf, type QuorumGroup, type QuorumSchedule, quorumOf } from './group.ts';
import { windowSchedule } from './identity.ts';
import { type Swap, shuffledSeats } from './order.ts';
import { actionDomain, ORDER_DOMAIN, planQuorum, quorumInputs, submitDomain } from './plan.ts';
import type { QuorumPlan } from './plan-port.ts';

/** A draw that permutes the seats. */
export interface ExplainedShuffle {
  readonly domain: string;
  /**
   * The first block of its stream, SHA-256(seed || domain || 0 in 8 bytes). Draws take words of 4 bytes from
   * its beginning.
   */
  readonly streamHead: string;
  readonly swaps: readonly Swap[];
  readonly order: readonly number[];
}

/**
 * Everything about a window that can be computed by hand, in the order in which it is. Bytes are hex, heights
 * and indices text.
 */
export interface QuorumExplanation {
  readonly profile: 'quorum';
  readonly group: { readonly id: string; readonly name: string; readonly genesis: string };
  readonly members: number;
  readonly quorum: number;
  readonly faulty: number;
  readonly version: { readonly number: number; readonly digest: string; readonly fromHeight: string };
  readonly window: Readonly<Record<keyof Window, string>>;
  /** The heights at which the ranks open. */
  readonly rankHeights: readonly string[];
  readonly span: {
    readonly number: string;
    readonly position: number;
    readonly firstWindow: string;
  };
  readonly inputs: readonly { readonly kind: string; readonly height: string; readonly value: string }[];
  readonly seed: string;
  readonly order: ExplainedShuffle;
  /** By rank. */
  readonly leaders: readonly { readonly seat: number; readonly name: string }[];
  readonly agenda: readonly {
    readonly action: string;
    readonly cadence: string;
    /** Null for a cadence without a draw. */
    readonly draw: {
      readonly domain: string;
      readonly streamHead: string;
      readonly drawn: number;
      readonly below: number;
    } | null;
    readonly isDue: boolean;
  }[];
  /** The actions that may be proposed, in addition to `noop`. */
  readonly checklist: readonly string[];
  readonly submitters: ExplainedShuffle;
  /** The height from which each submitter may submit, in their order. */
  readonly submitHeights: readonly string[];
}

/**
 * Explain the window of an index from its two inputs. Throws a RangeError like `windowOf` and `planQuorum`.
 */
export function explainQuorum(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  index: bigint,
  seedInput: Uint8Array,
  referenceHash: Uint8Array,
): QuorumExplanation {
  const window = windowOf(windowSchedule(group), index);
  const plan = planQuorum(group, schedule, window, seedInput, referenceHash);
  const { version, span, position } = plan;
  const members = group.members.length;
  const { rankBlocks, rankCount } = group.windows;
  const values = [seedInput, referenceHash];
  return {
    profile: 'quorum',
    group: { id: hexOf(plan.groupId), name: group.name, genesis: hexOf(group.genesis) },
    members,
    quorum: quorumOf(members),
    faulty: faultyOf(members),
    version: {
      number: version.version,
      digest: hexOf(plan.scheduleDigest),
      fromHeight: `${version.fromHeight}`,
    },
    window: {
      index: `${window.index}`,
      block: `${window.block}`,
      activeEnd: `${window.activeEnd}`,
      end: `${window.end}`,
    },
    rankHeights: Array.from(
      { length: rankCount },
      (_, rank) => `${window.block + BigInt(rank) * rankBlocks}`,
    ),
    span: { number: `${span}`, position, firstWindow: `${index - BigInt(position)}` },
    inputs: quorumInputs(group, schedule, window).map(({ kind, height }, i) => {
      return { kind, height: `${height}`, value: hexOf(values[i] ?? new Uint8Array()) };
    }),
    seed: hexOf(plan.seed),
    order: explainShuffle(plan.seed, ORDER_DOMAIN, members),
    leaders: plan.leaders.map((seat) => ({ seat, name: group.members[seat]?.name ?? '' })),
    agenda: explainAgenda(plan),
    checklist: plan.checklist.map(({ action }) => action),
    submitters: explainShuffle(plan.seed, submitDomain(index), members),
    submitHeights: plan.submitters.map((_, i) => `${window.end + BigInt(i) * version.stageBlocks}`),
  };
}

function explainShuffle(seed: Uint8Array, domain: string, count: number): ExplainedShuffle {
  const swaps: Swap[] = [];
  const order = shuffledSeats(drawsOf(seed, domain), count, (swap) => swaps.push(swap));
  return { domain, streamHead: hexOf(drawBlock(seed, domain, 0n)), swaps, order };
}

function explainAgenda({ due, window, seed }: QuorumPlan): QuorumExplanation['agenda'] {
  return due.map(({ item: { action, cadence }, draw, isDue }) => {
    if (cadence.kind === 'every') {
      const text = `index mod ${cadence.windows} = ${cadence.offset}`;
      return { action, cadence: text, draw: null, isDue };
    }
    const domain = actionDomain(window.index, action);
    const streamHead = hexOf(drawBlock(seed, domain, 0n));
    const { perMillion } = cadence;
    const drawn = { domain, streamHead, drawn: draw ?? 0, below: perMillion };
    return { action, cadence: `${perMillion} of 1000000`, draw: drawn, isDue };
  });
}
