import { windowOf } from '../window.ts';
import { hexOf } from './digest.ts';
import { drawBlock, drawsOf } from './draws.ts';
import { faultyOf, type QuorumGroup, type QuorumSchedule, quorumOf } from './group.ts';
import { windowSchedule } from './identity.ts';
import { type Swap, shuffledSeats } from './order.ts';
import { actionDomain, ORDER_DOMAIN, planQuorum, quorumInputs, submitDomain } from './plan.ts';
import type { QuorumPlan } from './plan-port.ts';

/**
 * Everything about a window that can be computed by hand from its two inputs, in the order in which it is.
 * Bytes are hex, heights and indices text. Throws a RangeError like `windowOf` and `planQuorum`.
 */
export function explainQuorum(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  index: bigint,
  seedInput: Uint8Array,
  referenceHash: Uint8Array,
) {
  const window = windowOf(windowSchedule(group), index);
  const plan = planQuorum(group, schedule, window, seedInput, referenceHash);
  const { version, span, position } = plan;
  const members = group.members.length;
  const { rankBlocks, rankCount } = group.windows;
  const values = [seedInput, referenceHash];
  return {
    profile: 'quorum' as const,
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
    /** The heights at which the ranks open. */
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
    /** By rank. */
    leaders: plan.leaders.map((seat) => ({ seat, name: group.members[seat]?.name ?? '' })),
    agenda: explainAgenda(plan),
    /** The actions that may be proposed, in addition to `noop`. */
    checklist: plan.checklist.map(({ action }) => action),
    submitters: explainShuffle(plan.seed, submitDomain(index), members),
    /** The height from which each submitter may submit, in their order. */
    submitHeights: plan.submitters.map((_, i) => `${window.end + BigInt(i) * version.stageBlocks}`),
  };
}

/** A draw of the seats, with the beginning of its stream: SHA-256(seed || domain || 0 in 8 bytes). */
function explainShuffle(seed: Uint8Array, domain: string, count: number) {
  const swaps: Swap[] = [];
  const order = shuffledSeats(drawsOf(seed, domain), count, (swap) => swaps.push(swap));
  return { domain, streamHead: hexOf(drawBlock(seed, domain, 0n)), swaps, order };
}

/** Each action of the agenda; the draw is null for a cadence without one. */
function explainAgenda({ due, window, seed }: QuorumPlan) {
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
