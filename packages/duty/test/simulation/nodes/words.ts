import type { ClaimReply, ClaimRequest } from '@watchbill/duty/service';
import type { SimNode, Told } from '../world/world.ts';

/** What a claim for this mark carries of what the node was told. */
export function saying(node: SimNode, mark: string): Pick<ClaimRequest, 'word'> {
  return { word: node.told.get(mark)?.word ?? null };
}

/**
 * The gate keeps what it was told before it signs. A reply to a claim that carried a word replaces that
 * word, whatever the numbers; else the higher number is kept (claim protocol, section 2). `keepsHighest` is a
 * sabotage.
 */
export function remember(
  node: SimNode,
  request: ClaimRequest,
  reply: ClaimReply,
  keepsHighest: boolean,
): void {
  if (reply.head === null) return;
  const mark = `${reply.chain}/${reply.key}/${reply.duty}`;
  const word = reply.word;
  const known = node.told.get(mark);
  const next: Told = { head: reply.head, word: word ?? known?.word ?? null };
  const answersWord =
    !keepsHighest &&
    word !== null &&
    known !== undefined &&
    known.word !== null &&
    request.word === known.word;
  if (known === undefined || answersWord || isHigher(next, known)) node.told.set(mark, next);
}

function isHigher({ head }: Told, known: Told): boolean {
  return known.head.epoch !== head.epoch || BigInt(head.seq) > BigInt(known.head.seq);
}
