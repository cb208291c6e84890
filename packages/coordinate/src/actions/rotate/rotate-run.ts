import type { ChainMetadata } from '@watchbill/chain/extrinsics';
import type { ActionDoors } from '../doors.ts';
import type { ExecutionContext } from '../port.ts';
import type { Receipt } from '../receipt.ts';
import type { RotateContent } from './rotate-content.ts';

/** The rotation that is being executed. */
export interface RotateRun {
  readonly context: ExecutionContext;
  readonly doors: ActionDoors;
  readonly content: RotateContent;
  /** The account of each seat's validator. */
  readonly validators: readonly Uint8Array[];
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
