import { join } from 'node:path';
import { bytesOfHex, hexOf, type NodeRpc } from '@watchbill/chain';
import { type ChainMetadata, decodeCall, readStorage } from '@watchbill/chain/extrinsics';
import { z } from 'zod';
import type { Validation } from '../../rules.ts';
import { refused, VALID } from '../answers.ts';
import type { ActionDoors } from '../doors.ts';
import { u32 } from '../fields.ts';
import { inTurn, keepRecord, keptRecord } from '../kept-record.ts';
import type { ActionContext } from '../port.ts';
import { oneLine } from '../text.ts';
import type { CallChainState } from './call-chain.ts';
import { type CallContent, type CallSettings, parametersOf } from './call-content.ts';
import { callFiles, readCallFile } from './call-queue.ts';
import { fitRules } from './call-rules.ts';
import { spend } from './call-spending.ts';
import { type DraftedCall, noteDrafted, settleDrafted, settleMultisig } from './drafted.ts';

/**
 * Whether this operator approved the content, by one of its files with the same bytes or by a rule. Records
 * the file or the amounts before the answer, so that they approve no second call after a restart. Throws a
 * NodeFault, or an Error if a record cannot be read or kept; then the member must not sign.
 */
export async function approved(
  doors: ActionDoors,
  context: ActionContext,
  settings: CallSettings,
  content: CallContent,
  chainState: CallChainState,
): Promise<Validation> {
  const { queue, approvals } = settings;
  for (const folder of [queue, approvals])
    if (folder !== undefined && (await byFile(doors, context, folder, content, chainState))) return VALID;
  const why = await byRule(context, settings, content, chainState);
  if (why === null) return VALID;
  if (approvals !== undefined) await noteWaiting(approvals, context, chainState, content.call, why);
  return refused('not-approved', why);
}

/** Whether a file of the folder approves it. A file whose call is in the chain is moved away first. */
async function byFile(
  doors: ActionDoors,
  context: ActionContext,
  folder: string,
  content: CallContent,
  { view, nonce }: CallChainState,
): Promise<boolean> {
  const { account, call, period } = content;
  const { multisig } = parametersOf(context.item);
  if (multisig === undefined) await settleDrafted(doors, context, folder, { view, account, nonce });
  else await settleMultisig(doors, context, folder, { view });
  const from = Number(context.plan.window.block);
  const wanted = bytesOfHex(call, 'the call');
  const problem = (uses: readonly DraftedCall[]): string | null => {
    // One file approves one call, and that call may still land for the account that the agenda named before.
    if (uses.some((each) => each.account !== account)) return 'was used for another account';
    // Without a nonce, two certificates would make two calls. So the first lease must be over, and its blocks
    // searched.
    if (multisig === undefined) return null;
    return uses.some((each) => each.from !== from && mayBeMade(each, from)) ? 'may have been made' : null;
  };
  for (const file of await filesIn(folder)) {
    const entry = await readCallFile(folder, file, view.metadata);
    if (entry.result !== 'call' || Buffer.compare(entry.bytes, wanted) !== 0) continue;
    if (entry.lastBlock !== null && entry.lastBlock < from) continue;
    const drafted = { file, call, account, nonce: content.nonce, from, until: from + period - 1 };
    if ((await noteDrafted(folder, drafted, problem)) === null) return true;
  }
  return false;
}

/**
 * Whether a certificate of an earlier window may still make the call, or made it in a block that was not
 * searched.
 */
function mayBeMade({ until, searched = 0 }: DraftedCall, block: number): boolean {
  return until >= block || searched < block;
}

/**
 * Why the leader must not propose the call of a file of its queue, or null. Its proposal is its signature,
 * and no judgement of {@link approved} comes before it.
 */
export function whyNotAgain(
  { plan, item }: ActionContext,
  { lastBlock }: { readonly lastBlock: number | null },
  account: string,
): (uses: readonly DraftedCall[]) => string | null {
  const block = Number(plan.window.block);
  return (uses) => {
    if (lastBlock !== null && lastBlock < block)
      return `approved its call up to block ${lastBlock} only; correct or remove it`;
    if (uses.some((each) => each.account !== account))
      return 'was used for another account of the agenda; if that call was not made, write the file again under another name';
    // While the lease of an earlier use may run, the members that committed to it are busy.
    const open = uses.find(({ until, searched = 0 }) => until < block && searched < block);
    if (parametersOf(item).multisig === undefined || open === undefined) return null;
    return `may have been made already: blocks after ${open.searched ?? open.from} are still to be searched`;
  };
}

/** None if the folder does not exist yet. */
async function filesIn(folder: string): Promise<readonly string[]> {
  return callFiles(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Why no rule approves it, or null. */
async function byRule(
  { node, plan }: ActionContext,
  { rules, approvals }: CallSettings,
  { call }: CallContent,
  { view }: CallChainState,
): Promise<string | null> {
  if (rules.length === 0) return 'no file of its queue or approvals has these bytes';
  if (approvals === undefined) return 'rules need a folder `approvals` to keep count of amounts';
  const read = decodeCall(view.metadata, bytesOfHex(call, 'the call'));
  if (read.result === 'refused') return read.detail;
  const fit = fitRules(rules, read.call);
  if (fit.result === 'unfit') return fit.why;
  // Also for rules without an amount per day: by their time, entries of the record end.
  const atMs = await timeOf(node, view.metadata, hexOf(plan.referenceHash));
  const window = plan.window.index;
  return spend(approvals, { uses: fit.uses, window, atMs, call });
}

/** `Timestamp.Now` in milliseconds; null on a chain without it. Throws a NodeFault. */
async function timeOf(node: NodeRpc, metadata: ChainMetadata, block: string): Promise<number | null> {
  const now = await readStorage(node, metadata, ['Timestamp', 'Now'], [], block);
  return now.result === 'value' ? Number(now.value) : null;
}

const waitingCall = z.strictObject({
  call: z.string(),
  /** The call as text, shortened if it is long. */
  text: z.string(),
  why: z.string(),
  /** The window and the reference block in which it was proposed last. */
  window: z.string(),
  block: u32,
});

/** A call that another member proposed and this operator has not approved. */
export type WaitingCall = z.infer<typeof waitingCall>;

const MOST_WAITING = 32;
const MOST_CHARACTERS = 2_000;
const waitingFile = (folder: string): string => join(folder, 'waiting.record');

/**
 * The calls that wait for an approval, the newest last. They are only for display, so an unreadable list
 * counts as empty.
 */
export async function waitingCalls(folder: string): Promise<readonly WaitingCall[]> {
  return (await keptRecord(z.array(waitingCall), waitingFile(folder))) ?? [];
}

async function noteWaiting(
  folder: string,
  { plan }: ActionContext,
  { view }: CallChainState,
  call: string,
  why: string,
): Promise<void> {
  const entry = {
    call,
    text: callText(view.metadata, bytesOfHex(call, 'the call')),
    why: oneLine(why),
    window: `${plan.window.index}`,
    block: Number(plan.window.block),
  };
  await inTurn(folder, async () => {
    const others = (await waitingCalls(folder)).filter((each) => each.call !== call);
    await keepRecord(waitingFile(folder), [...others, entry].slice(-MOST_WAITING));
  });
}

/** A call with its arguments, on one line. */
export function callText(metadata: ChainMetadata, call: Uint8Array): string {
  const read = decodeCall(metadata, call);
  if (read.result === 'refused') return `the bytes are not a call of this runtime: ${oneLine(read.detail)}`;
  const { pallet, call: name, arguments: given } = read.call;
  return `${pallet}.${name} ${oneLine(JSON.stringify(given), MOST_CHARACTERS)}`;
}
