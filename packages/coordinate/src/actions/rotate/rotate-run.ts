import type { ChainMetadata } from '@watchbill/chain/extrinsics';
import type { ActionDoors } from '../doors.ts';
import type { ExecutionContext } from '../port.ts';
import type { Receipt } from '../receipt.ts';
import { parametersOf, type RotateContent } from './rotate-content.ts';

/** The rotation that is being executed. */
export interface RotateRun {
  readonly context: ExecutionContext;
  readonly doors: ActionDoors;
  readonly content: RotateContent;
  /** The account of each seat's validator. */
  readonly validators: readonly Uint8Array[];
}

/**
 * The height at which a seat's turn is over: no block from there on may include its extrinsic. It follows
 * from the agreed content alone, so the next members need no report to continue.
 */
export function turnEnd({ context, content }: Pick<RotateRun, 'context' | 'content'>, seat: number): bigint {
  const { expiryBlock, item, startBlock } = context;
  const { turnBlocks } = parametersOf(item);
  if (turnBlocks === undefined) return expiryBlock;
  const end = startBlock + BigInt((content.order.indexOf(seat) + 1) * turnBlocks);
  return end < expiryBlock ? end : expiryBlock;
}

/** One finalised block. */
export interface RotateView {
  readonly height: bigint;
  readonly block: string;
  readonly metadata: ChainMetadata;
}

export function rotateReceipt(result: Receipt['result'], text: string): Receipt {
  return { action: 'rotate', result, text, extrinsic: null };
}
