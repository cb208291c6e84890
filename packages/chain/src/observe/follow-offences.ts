import { blockBody, blockHashAt } from '../extrinsics/block.ts';
import { decodeCall } from '../extrinsics/call.ts';
import type { Json } from '../extrinsics/json.ts';
import { hasPallet } from '../extrinsics/metadata.ts';
import { readExtrinsic } from '../extrinsics/read-extrinsic.ts';
import { type RuntimeViews, runtimeViews } from '../extrinsics/runtime-view.ts';
import { readStorage } from '../extrinsics/storage.ts';
import { headerAt } from '../header/header.ts';
import { isNodeFault, NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import type { VoteTarget } from './justification.ts';
import { type BlockOffences, offenceKinds, offencesOf } from './offences.ts';

/** The offences of one finalised block. */
export interface OffencesAt extends BlockOffences {
  readonly block: VoteTarget;
}

/** The offences in the finalised blocks of a chain, block by block. */
export interface OffenceFollower {
  /**
   * The offences of the next finalised blocks up to this height, one item for each block that has some. The
   * first call begins at its height. Throws a {@link NodeFault}; the next call then goes on after the last
   * item that was taken.
   */
  next(finalised: number): Promise<readonly OffencesAt[]>;
  /** Everything that `next` gave is reported. */
  taken(): void;
  /** Why blocks were not read; null if there is no such reason. */
  problem(): string | null;
}

/** Blocks of one call; the rest come with the next ones. */
const MAX_BLOCKS = 16;
/** A node keeps the state of this many blocks. After a longer gap the newest are read. */
const MAX_GAP = 240;

export function followOffences(node: NodeRpc): OffenceFollower {
  const views = runtimeViews();
  let done: number | null = null;
  let upTo: number | null = null;
  let problem: string | null = null;
  return {
    async next(finalised) {
      if (done === null || done > finalised) done = Math.max(finalised - 1, 0);
      if (finalised - done > MAX_GAP) {
        problem = `blocks ${done + 1} to ${finalised - MAX_GAP} were not searched for offences: the gap is too long`;
        done = finalised - MAX_GAP;
      }
      const found: OffencesAt[] = [];
      upTo = Math.min(finalised, done + MAX_BLOCKS);
      for (let height = done + 1; height <= upTo; height++) {
        try {
          const at = await offencesAt(node, views, height);
          if (at !== null) found.push(at);
        } catch (error) {
          // The node has no state of that block, or its runtime has a shape that this release does not read.
          if (!isNodeFault(error, 'refused', 'malformed')) throw error;
          problem = error.message;
        }
      }
      return found;
    },
    taken() {
      done = upTo;
    },
    problem: () => problem,
  };
}

/** Null for a block without offences, and for a runtime that records none. */
async function offencesAt(node: NodeRpc, views: RuntimeViews, height: number): Promise<OffencesAt | null> {
  const hash = await blockHashAt(node, BigInt(height));
  if (hash === null) throw new NodeFault('malformed', `the node has no finalised block ${height}`);
  // The parent's runtime wrote the events: at an upgrade the block's own code is younger.
  const { parentHash } = await headerAt(node, hash);
  const { metadata } = await views.at(node, parentHash);
  if (!hasPallet(metadata, 'Offences')) return null;
  const events = await readStorage(node, metadata, ['System', 'Events'], [], hash);
  if (events.result !== 'value' || offenceKinds(events.value).length === 0) return null;
  const { extrinsics } = await blockBody(node, hash);
  const callAt = (index: number): Json => {
    const read = readExtrinsic(metadata, extrinsics[index] ?? new Uint8Array());
    const call = read === null ? null : decodeCall(metadata, read.call);
    return call?.result === 'call' ? call.call.value : null;
  };
  return { block: { hash, number: height }, ...offencesOf(events.value, callAt) };
}
