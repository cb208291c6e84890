import type { RawHeader } from '../header/header.ts';
import { isNodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { type AuthoredBlock, authoredBlock } from './authored.ts';

/** The blocks that a node imports, of every fork if its address is a web socket. */
export interface BlockFollower {
  /**
   * Blocks that were not taken yet, oldest first, at most {@link MAX_BLOCKS}. They come again until `taken`
   * is called. Throws a {@link NodeFault}.
   */
  next(): Promise<readonly AuthoredBlock[]>;
  /** These blocks are reported. */
  taken(blocks: readonly AuthoredBlock[]): void;
}

/** Blocks of one report. A report with the longest numbers fits the body that a service takes, 16 kB. */
export const MAX_BLOCKS = 40;
/** Headers that wait for their author; the oldest are dropped. */
const MAX_HEADERS = 256;
/** Hashes of blocks that were seen, so that each is read once. */
const MAX_SEEN = 4_096;
/** How far the best chain is read backwards, after a start or a gap. */
const MAX_WALK = 32;

/**
 * Follows all heads by a subscription, and the best chain by reading it, which also fills gaps.
 *
 * @param onGap called if a block, or its author, may have been missed
 */
export function followBlocks(node: NodeRpc, onGap: () => void): BlockFollower {
  const headers: RawHeader[] = [];
  const seen = new Set<string>();
  let found: AuthoredBlock[] = [];
  let forks: boolean | null = null;
  let started = false;

  const add = (raw: RawHeader): void => {
    if (headers.push(raw) <= MAX_HEADERS) return;
    headers.shift();
    onGap();
  };

  /** False if it is known. */
  const remember = (name: string): boolean => {
    if (seen.has(name)) return false;
    seen.add(name);
    const [oldest] = seen;
    if (seen.size > MAX_SEEN && oldest !== undefined) seen.delete(oldest);
    return true;
  };

  async function author(raw: RawHeader): Promise<AuthoredBlock | null> {
    try {
      return await authoredBlock(node, raw);
    } catch (error) {
      // The node has no state of that block, or sent a header that cannot be read: another try would fail
      // too.
      if (isNodeFault(error, 'refused', 'malformed')) return null;
      headers.unshift(raw);
      throw error;
    }
  }

  return {
    async next() {
      forks ??= await subscribe(node, add, onGap);
      // At the start only the best block, because older ones are history.
      const isNew = (hash: string) => !seen.has(`best ${hash}`);
      const walked = await walk(node, started ? MAX_WALK : 1, isNew, onGap);
      if (!forks || (started && walked.size >= MAX_WALK)) onGap();
      for (const [hash, raw] of walked) {
        remember(`best ${hash}`);
        add(raw);
      }
      started = true;
      while (found.length < MAX_BLOCKS) {
        const raw = headers.shift();
        if (raw === undefined) break;
        const block = await author(raw);
        if (block === null) onGap();
        else if (remember(block.hash)) found.push(block);
      }
      return found;
    },
    taken(blocks) {
      found = found.filter((block) => !blocks.includes(block));
    },
  };
}

/** False without subscriptions: the best chain remains. Throws any other fault: the next call tries again. */
async function subscribe(node: NodeRpc, add: (raw: RawHeader) => void, onGap: () => void): Promise<boolean> {
  const unsubscribe = 'chain_unsubscribeAllHeads';
  try {
    await node.subscribe<RawHeader>('chain_subscribeAllHeads', [], unsubscribe, add, { onGap });
    return true;
  } catch (error) {
    if (!isNodeFault(error, 'unsupported', 'refused')) throw error;
    return false;
  }
}

/** Parent of the first block of a chain. */
const NO_BLOCK = /^0x0+$/;

/**
 * The headers by their hashes, from the best block back to a known one. A header that the node does not have,
 * for example below a state that it synced to, is a gap. If one is not read, it throws, and none counts as
 * known: the next walk would stop at it and leave out the blocks below.
 */
async function walk(
  node: NodeRpc,
  steps: number,
  isNew: (hash: string) => boolean,
  onGap: () => void,
): Promise<ReadonlyMap<string, RawHeader>> {
  const walked = new Map<string, RawHeader>();
  let hash = await node.call<string | null>('chain_getBlockHash');
  while (walked.size < steps && hash !== null && isNew(hash)) {
    const raw: RawHeader | null = await node.call('chain_getHeader', [hash]);
    if (raw === null && !NO_BLOCK.test(hash)) onGap();
    if (raw === null) break;
    walked.set(hash, raw);
    hash = raw.parentHash;
  }
  return walked;
}
