import type { Observation, Policy } from '../../rule/index.ts';
import type { ReadinessReport } from '../contract.ts';

/** The criterion of a policy that a node does not meet, with its number. */
export interface Unfit {
  readonly criterion: 'syncing' | 'minPeers' | 'maxFinalityLagBlocks' | 'maxClockOffsetMs';
  readonly detail: string;
}

/** The reason why a node with this report should not go first for a key; null if it is fit. */
export function unfitBy(
  policy: Policy,
  node: string,
  report: ReadinessReport,
  observations: readonly Observation[],
): Unfit | null {
  const { required, minPeers, maxFinalityLagBlocks, maxClockOffsetMs } = policy.readiness;
  if (!required) return null;
  if (report.syncing) return { criterion: 'syncing', detail: 'it is syncing' };
  if (report.peers < minPeers) {
    return {
      criterion: 'minPeers',
      detail: `its peers are too few: ${report.peers}, minPeers is ${minPeers}`,
    };
  }
  const lag = finalityLag(node, report, observations);
  if (lag > maxFinalityLagBlocks) {
    const detail = `its finality is ${lag} blocks behind, maxFinalityLagBlocks is ${maxFinalityLagBlocks}`;
    return { criterion: 'maxFinalityLagBlocks', detail };
  }
  const offMs = Math.abs(report.clockOffsetMs);
  if (offMs > maxClockOffsetMs) {
    const by = `${Math.round(offMs)} ms`;
    // A gate judges its clock by when blocks arrive, so a slow network looks like a clock that is ahead.
    const what = report.clockOffsetMs < 0 ? `is ${by} behind` : `is ahead, or blocks reach it late: ${by}`;
    const detail = `its clock ${what}, maxClockOffsetMs is ${maxClockOffsetMs}`;
    return { criterion: 'maxClockOffsetMs', detail };
  }
  return null;
}

/**
 * Blocks that others have seen finalised and this node has not. The distance to the node's own best block
 * proves little: if finality stalls for the whole network, every node is as far behind, and a key that is
 * refused for that reason keeps the network from recovering. Never more than the node's own figure, so that
 * an observer cannot stop the node. If the node's report has no finalised block, only its own figure counts.
 * Without reports of others, no node is ahead of it.
 */
function finalityLag(node: string, report: ReadinessReport, observations: readonly Observation[]): number {
  let own: bigint | null = null;
  let others: bigint | null = null;
  for (const { observer, finalizedBlock } of observations) {
    if (finalizedBlock === null) continue;
    if (observer === node) own = finalizedBlock;
    else if (others === null || finalizedBlock > others) others = finalizedBlock;
  }
  if (own === null) return report.finalityLagBlocks;
  if (others === null || others <= own) return 0;
  return Math.min(report.finalityLagBlocks, Number(others - own));
}
