import { decodeHead, type Mark } from '@watchbill/duty';
import type { Head } from '../contract.ts';
import { type CoreContext, listTexts } from './context.ts';
import type { LedgerIdentity } from './genesis.ts';
import { keys } from './keys.ts';

export interface Disagreement {
  readonly mark: string;
  readonly why: string;
}

/**
 * Compare what a service remembers with the marks of the store, on a linearizable read. Null when the store is
 * not behind: every remembered mark exists, in the same epoch, at that entry or a later one.
 */
export async function compareMemory(
  context: CoreContext,
  identity: LedgerIdentity,
  memory: ReadonlyMap<string, Head>,
): Promise<Disagreement | null> {
  if (memory.size === 0) return null;
  const marks = await listTexts(context, keys.marks);
  for (const [mark, head] of memory) {
    const duty = context.duties.get(mark.slice(mark.lastIndexOf('/') + 1));
    const text = marks.get(`${keys.marks}${mark}`);
    if (duty === undefined) return { mark, why: 'this release does not know the duty' };
    if (text === undefined) return { mark, why: 'the store has no such mark' };
    const why = behindBy(decodeHead(text, duty), head, identity.epoch);
    if (why !== null) return { mark, why };
  }
  return null;
}

/** Why a mark of the store is behind a remembered head, or null. */
export function behindBy(
  mark: Pick<Mark, 'epoch' | 'seq' | 'lastHash' | 'last'>,
  head: Head,
  epoch: string,
): string | null {
  if (head.epoch !== epoch) return `the remembered epoch ${head.epoch} is not the epoch of the ledger`;
  if (mark.epoch !== head.epoch) return 'the mark is of another epoch';
  const seq = BigInt(head.seq);
  if (mark.seq < seq) return `the store is at entry ${mark.seq}, entry ${seq} is remembered`;
  if (mark.seq === seq && mark.lastHash !== head.hash)
    return `entry ${seq} of the store is not the one remembered`;
  if (mark.seq === seq + 1n && mark.last.prev !== head.hash)
    return `entry ${mark.seq} of the store does not follow the entry remembered`;
  return null;
}
