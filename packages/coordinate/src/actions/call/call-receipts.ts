import { type ChainMetadata, decodeCall, type LandedExtrinsic } from '@watchbill/chain/extrinsics';
import type { Receipt } from '../receipt.ts';
import { oneLine } from '../text.ts';
import type { CallContent } from './call-content.ts';
import { type QueueEnd, settleFile, settleOldest } from './call-queue.ts';
import { fileOf, forgetDrafted } from './drafted.ts';

/** The agreed call, for comparing it with the included one. */
export interface Landing {
  readonly content: CallContent;
  readonly call: Uint8Array;
  readonly metadata: ChainMetadata;
  /** Folders whose files asked for the call or approved it. */
  readonly folders: readonly string[];
  /** Whether this process handed it to its node. */
  readonly isSubmitted: boolean;
}

export function bareReceipt(result: Receipt['result'], text: string): Receipt {
  return { action: 'call', result, text, extrinsic: null };
}

/**
 * The receipt of an extrinsic that used the nonce; takes the call off this member's queue if it is the agreed
 * one.
 */
export async function landedReceipt(landing: Landing, landed: LandedExtrinsic): Promise<Receipt> {
  const extrinsic = { hash: landed.hash, block: landed.block, height: landed.height };
  if (landed.call === null || Buffer.compare(landed.call, landing.call) !== 0) {
    const text = `nonce ${landing.content.nonce} of the account was used by another extrinsic: ${landed.hash}`;
    return { ...bareReceipt('failed', text), extrinsic };
  }
  const { dispatch } = landed;
  const isFailed = dispatch?.result === 'failed';
  const off = await settledText(landing, isFailed ? 'failed' : 'done');
  const name = nameOf(landing);
  if (isFailed) {
    const kind = dispatch.inner ? 'is included, and a call inside it failed' : 'is included and failed';
    return { ...bareReceipt('failed', `${name} ${kind}: ${dispatch.error}${off}`), extrinsic };
  }
  const fate = dispatch === null ? 'is included; its block does not show the result' : 'is included';
  const result = landing.isSubmitted ? 'done' : 'done-by-another';
  return { ...bareReceipt(result, `${name} ${fate}${off}`), extrinsic };
}

/** Takes the call off the folders of this member. Returns the names of the files, for the receipt. */
export async function settledText(landing: Landing, end: QueueEnd): Promise<string> {
  const texts = await Promise.all(landing.folders.map((folder) => settledIn(folder, landing, end)));
  return texts.join('');
}

async function settledIn(
  folder: string,
  { metadata, call, content }: Landing,
  end: QueueEnd,
): Promise<string> {
  try {
    const used = await fileOf(folder, content);
    const isOff = used !== null && (await settleFile(folder, used, metadata, call, end));
    const name = used === null ? await settleOldest(folder, metadata, call, end) : isOff ? used : null;
    // A file that stays, for example because a later runtime gives it other bytes, is settled by its record.
    if (isOff) await forgetDrafted(folder, content);
    return name === null ? '' : `; ${oneLine(name)} is off the queue`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    const why = error instanceof Error ? oneLine(error.message) : 'unknown reason';
    return `; it could not be taken off the queue, so remove it by hand: ${why}`;
  }
}

function nameOf({ metadata, call }: Landing): string {
  const read = decodeCall(metadata, call);
  return read.result === 'call' ? `${read.call.pallet}.${read.call.call}` : 'the call';
}
