import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOfHex, NodeFault } from '@watchbill/chain';
import {
  blake2Hash,
  blockBody,
  blockHashAt,
  findExtrinsic,
  findMultisigCall,
  type LandedExtrinsic,
  type RuntimeView,
  readExtrinsic,
  type SearchGround,
} from '@watchbill/chain/extrinsics';
import { z } from 'zod';
import type { ActionDoors } from '../doors.ts';
import { u32 } from '../fields.ts';
import { inTurn, keepRecord, knownRecord } from '../kept-record.ts';
import type { ActionContext } from '../port.ts';
import type { CallContent } from './call-content.ts';
import { settleFile } from './call-queue.ts';

/**
 * A file of the queue that was drafted, or a file of the queue or the approvals on which a signature rests.
 * Its call may land as long as its era lasts, even if this process does not see it.
 */
const draftedCall = z.strictObject({
  file: z.string(),
  call: z.string(),
  account: z.string(),
  nonce: u32,
  /** Heights: the reference block, and the last at which it may land. */
  from: u32,
  until: u32,
  /** The last block that was searched for the call. */
  searched: u32.optional(),
});

export type DraftedCall = z.infer<typeof draftedCall>;

const record = z.array(draftedCall);
/** More than can overlap in the eras of any lease. */
const KEPT = 32;

/** In the folder of the files, but not a call file. */
function recordFile(queue: string): string {
  return join(queue, 'drafted.record');
}

export async function draftedCalls(queue: string): Promise<readonly DraftedCall[]> {
  return (await knownRecord(record, recordFile(queue))) ?? [];
}

/** Of two changes at once, the second begins with the result of the first. Returns why none was made. */
function changeDrafted(
  queue: string,
  change: (all: readonly DraftedCall[]) => readonly DraftedCall[] | string,
): Promise<string | null> {
  return inTurn(queue, async () => {
    const changed = change(await draftedCalls(queue));
    if (typeof changed === 'string') return changed;
    await keepRecord(recordFile(queue), changed);
    return null;
  });
}

/**
 * Records that a file is used, before any other member hears of it. Repeating it changes nothing. Returns why
 * the file must not be used, or null; `problem` gets its uses so far.
 */
export function noteDrafted(
  queue: string,
  drafted: DraftedCall,
  problem: (uses: readonly DraftedCall[]) => string | null,
): Promise<string | null> {
  const { file } = drafted;
  return changeDrafted(queue, (all) => {
    // A call that was found in the chain takes its file away before its use.
    const why = existsSync(join(queue, file)) ? problem(all.filter((each) => each.file === file)) : 'is gone';
    return (
      why ??
      [...all.filter((each) => !isSame(each, drafted) || each.from !== drafted.from), drafted].slice(-KEPT)
    );
  });
}

/** The file of this folder that was used for a content; null if there is none. */
export async function fileOf(queue: string, content: CallContent): Promise<string | null> {
  return (await draftedCalls(queue)).find((each) => isSame(each, content))?.file ?? null;
}

/** Called when the file is off the queue. */
export async function forgetDrafted(queue: string, content: CallContent): Promise<void> {
  await changeDrafted(queue, (all) => all.filter((each) => !isSame(each, content)));
}

interface Named {
  readonly call: string;
  readonly account: string;
  readonly nonce: number;
}

function isSame(one: Named, other: Named): boolean {
  return one.call === other.call && one.account === other.account && one.nonce === other.nonce;
}

/** Blocks between two records of the progress of a search. */
const SEARCHED_AT_ONCE = 200n;

/**
 * Blocks that one judgement searches for calls of a multisig account. The next judgement continues. More than
 * the blocks between two judgements, so that every search ends.
 */
function searchedPerJudgement({ group }: ActionContext['plan']): bigint {
  const doubled = 2n * group.windows.frequencyBlocks;
  return doubled > SEARCHED_AT_ONCE ? doubled : SEARCHED_AT_ONCE;
}

/**
 * As {@link settleDrafted}, for a multisig account. Its calls have no nonce, and a call that signatories
 * approved once may be made at any later block. So every block up to the reference block is searched before
 * a file approves the same call again. Throws a NodeFault.
 */
export async function settleMultisig(
  { views }: ActionDoors,
  { node, plan, signal }: ActionContext,
  folder: string,
  { view }: { readonly view: RuntimeView },
): Promise<void> {
  for (const drafted of await draftedCalls(folder)) {
    const call = bytesOfHex(drafted.call, 'a call');
    const wanted = { account: bytesOfHex(drafted.account, 'an account'), callHash: blake2Hash(call) };
    let searched = BigInt(drafted.searched ?? drafted.from);
    const last = lower(searched + searchedPerJudgement(plan), plan.window.block);
    while (searched < last) {
      const to = lower(searched + SEARCHED_AT_ONCE, last);
      const made = await findMultisigCall({ node, views, signal }, wanted, searched + 1n, to);
      if (made !== null) {
        await settleUsed({ node, views }, folder, drafted, view, made);
        await replaceDrafted(folder, drafted, null);
        break;
      }
      await replaceDrafted(folder, drafted, { ...drafted, searched: Number(to) });
      searched = to;
    }
  }
}

/**
 * Moves the file of a call that is in the chain. After an upgrade of the runtime a file by names may make
 * other bytes than it did, and would be proposed again; so the runtime that took the call counts as well.
 */
async function settleUsed(
  { node, views }: Pick<SearchGround, 'node' | 'views'>,
  folder: string,
  { file, call: hex }: DraftedCall,
  { metadata }: RuntimeView,
  { height, dispatch }: Pick<LandedExtrinsic, 'height' | 'dispatch'>,
): Promise<void> {
  const call = bytesOfHex(hex, 'a call');
  const end = dispatch?.result === 'failed' ? 'failed' : 'done';
  if (await settleFile(folder, file, metadata, call, end)) return;
  const before = await blockHashAt(node, height - 1n);
  if (before !== null) await settleFile(folder, file, (await views.at(node, before)).metadata, call, end);
}

function lower(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

/** Changes one use of a file, or removes it (null); all others stay as they are now. */
async function replaceDrafted(queue: string, drafted: DraftedCall, next: DraftedCall | null): Promise<void> {
  await changeDrafted(queue, (all) =>
    all.flatMap((each) => {
      const isIt = isSame(each, drafted) && each.from === drafted.from;
      if (!isIt) return [each];
      return next === null ? [] : [next];
    }),
  );
}

/**
 * Removes queue files whose call was included while this process was down or after the lease ended. It keeps
 * calls whose nonce is still free: the next draft has the same nonce, so the chain takes one of the two.
 * Throws a NodeFault.
 */
export async function settleDrafted(
  { views }: ActionDoors,
  { node, plan, signal }: ActionContext,
  queue: string,
  at: { readonly view: RuntimeView; readonly account: string; readonly nonce: number },
): Promise<void> {
  const all = await draftedCalls(queue);
  for (const drafted of all.filter(({ account, nonce }) => account === at.account && nonce < at.nonce)) {
    const last = lower(BigInt(drafted.until), plan.window.block);
    let searched = BigInt(drafted.searched ?? drafted.from);
    let landed: LandedExtrinsic | null = null;
    while (searched < last && landed === null) {
      const to = lower(searched + SEARCHED_AT_ONCE, last);
      landed = await landedCall({ node, views, signal }, at.view, drafted, { from: searched + 1n, to });
      searched = to;
      if (landed === null) await replaceDrafted(queue, drafted, { ...drafted, searched: Number(to) });
    }
    if (landed !== null) await settleUsed({ node, views }, queue, drafted, at.view, landed);
    await replaceDrafted(queue, drafted, null);
  }
}

/**
 * The extrinsic that made the call with its account and nonce; null if no block has it. An extrinsic ends
 * with its call in every runtime, so a node that has dropped the states of the blocks serves too: the present
 * runtime then reads what ends so. Throws a NodeFault, also for a block that the node lacks, and for an
 * extrinsic that cannot be read.
 */
async function landedCall(
  ground: SearchGround,
  view: RuntimeView,
  drafted: DraftedCall,
  { from, to }: { readonly from: bigint; readonly to: bigint },
): Promise<LandedExtrinsic | null> {
  const { node, signal } = ground;
  const call = bytesOfHex(drafted.call, 'a call');
  const wanted = { account: bytesOfHex(drafted.account, 'an account'), nonce: drafted.nonce };
  for (let height = from; height <= to; height += 1n) {
    signal?.throwIfAborted();
    const hash = await blockHashAt(node, height);
    if (hash === null)
      throw new NodeFault('refused', `the node has no block ${height}; wait until it has fetched all blocks`);
    const { extrinsics } = await blockBody(node, hash);
    const alike = extrinsics.filter((bytes) => Buffer.compare(bytes.slice(-call.length), call) === 0);
    if (alike.length === 0) continue;
    const landed = await findExtrinsic(ground, wanted, height, height).catch((error: unknown) => {
      const isRead = alike.every((bytes) => readExtrinsic(view.metadata, bytes) !== null);
      if (!(error instanceof NodeFault) || !isRead) throw error;
      return findExtrinsic({ node, views: { at: async () => view } }, wanted, height, height);
    });
    if (landed?.call != null && Buffer.compare(landed.call, call) === 0) return landed;
  }
  return null;
}
