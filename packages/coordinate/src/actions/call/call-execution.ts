import { bytesOfHex, hexOf, NodeFault } from '@watchbill/chain';
import {
  blockHashAt,
  type ExtrinsicSearch,
  extrinsicSearch,
  isStash,
  type RuntimeView,
  type SearchAnswer,
  signedExtrinsic,
  submitExtrinsic,
} from '@watchbill/chain/extrinsics';
import type { ActionDoors } from '../doors.ts';
import { type ExecutionContext, LeaseOver } from '../port.ts';
import type { Receipt } from '../receipt.ts';
import { oneLine } from '../text.ts';
import type { CallContent } from './call-content.ts';
import { bareReceipt, type Landing, landedReceipt } from './call-receipts.ts';
import { submissionTurn } from './call-turn.ts';

/** The call that is being executed, and its tools. */
export interface CallRun {
  readonly context: ExecutionContext;
  readonly doors: ActionDoors;
  readonly content: CallContent;
  /** Folders whose files asked for the call or approved it. */
  readonly folders: readonly string[];
  /** The folder in which this operator leaves its vetoes. */
  readonly approvals: string | null;
  readonly submitKey: string | null;
}

/** Read once the node answers. */
interface Ready {
  readonly view: RuntimeView;
  /** Null if this member only watches. */
  readonly bytes: Uint8Array | null;
}

/**
 * Submits in the order of the plan, or watches; ends when the nonce is used or the lease is over. Before each
 * time it looks at all finalised blocks since the reference block, also after a restart, so it keeps no
 * state.
 */
export async function executeCall(run: CallRun): Promise<Receipt> {
  const { context, doors, content } = run;
  const { node, signal, plan } = context;
  const search = extrinsicSearch({
    node,
    views: doors.views,
    signal,
    refusesGaps: true,
    account: bytesOfHex(content.account, 'the account'),
    nonce: content.nonce,
    from: plan.window.block + 1n,
  });
  const era = plan.window.block + BigInt(content.period);
  return watch(run, search, era < context.expiryBlock ? era : context.expiryBlock);
}

/** `end`: from this height on, the call can no longer land. */
async function watch(run: CallRun, search: ExtrinsicSearch, end: bigint): Promise<Receipt> {
  const { context, content } = run;
  const turn = submissionTurn(context, content, run.approvals);
  let ready: Ready | null = null;
  let isSubmitted = false;
  let last = 0n;
  try {
    for await (const height of context.heights()) {
      context.signal.throwIfAborted();
      await turn.at(height);
      ready ??= await unlessUnread(() => prepared(run, height));
      const seen: SearchAnswer | null = await unlessUnread(() => search.upTo(height));
      if (ready === null || seen === null) continue;
      if (seen.result === 'finalised') return landedReceipt(landingOf(run, ready, isSubmitted), seen.landed);
      if (seen.result === 'unseen')
        return bareReceipt(
          'failed',
          `another extrinsic used the nonce ${content.nonce}: no block up to ${height} has the call`,
        );
      // The node is behind: the blocks that it lacks were not searched.
      if (seen.until < height) continue;
      last = height;
      if (height >= end) break;
      if (ready.bytes === null || !(await turn.take(height))) continue;
      isSubmitted = true;
      await submit(context, ready.bytes, height);
    }
    if (last < end) context.signal.throwIfAborted();
  } catch (error) {
    throwUnlessOver(context, error);
  }
  const until = `not in the finalised chain up to height ${last}; it may land before ${end} only`;
  const vetoed = turn.veto();
  return vetoed === null ? bareReceipt('expired', until) : bareReceipt('vetoed', `${vetoed}; ${until}`);
}

/** The end of the lease interrupts the search; the receipt then says how far it came. */
export function throwUnlessOver({ signal }: ExecutionContext, error: unknown): void {
  if (!(signal.reason instanceof LeaseOver)) throw error;
}

/** Null if the node did not answer: the next height asks again. */
export async function unlessUnread<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NodeFault) return null;
    throw error;
  }
}

/**
 * Prepares the extrinsic with this member's key. If the key must not or cannot be used, there is no
 * extrinsic, and a note gives the reason.
 */
async function prepared(run: CallRun, height: bigint): Promise<Ready> {
  const { context, doors, content, submitKey } = run;
  const { block, view } = await readableView(run, height);
  if (submitKey === null) return { view, bytes: null };
  const account = bytesOfHex(content.account, 'the account');
  const signed = (await isStash(context.node, view.metadata, account, block))
    ? `stash-key-refused: the account is a stash; name a proxy of it in the agenda`
    : signedBytes({ context, doors, content, view, submitKey });
  if (typeof signed !== 'string') return { view, bytes: signed };
  await context.note(bareReceipt('refused', `${signed}; this member only watches`));
  return { view, bytes: null };
}

/** The runtime of the reference block; if the node has dropped that state, that of a later block. */
export async function readableView(
  { context, doors }: CallRun,
  height: bigint,
): Promise<{ readonly block: string; readonly view: RuntimeView }> {
  const reference = hexOf(context.plan.referenceHash);
  try {
    return { block: reference, view: await doors.views.at(context.node, reference) };
  } catch (error) {
    const block = await blockHashAt(context.node, height);
    if (block === null) throw error;
    return { block, view: await doors.views.at(context.node, block) };
  }
}

/** The extrinsic, or why this member's key does not make it. */
function signedBytes(parts: {
  readonly context: ExecutionContext;
  readonly doors: ActionDoors;
  readonly content: CallContent;
  readonly view: RuntimeView;
  readonly submitKey: string;
}): Uint8Array | string {
  const { context, doors, content, view, submitKey } = parts;
  const { plan } = context;
  // A later runtime would refuse it.
  if (view.specVersion !== content.specVersion)
    return `other-runtime: the runtime is ${view.specVersion} now, not ${content.specVersion}`;
  try {
    const signer = doors.key(submitKey);
    if (hexOf(signer.publicKey) !== content.account)
      return `wrong-account: the key in ${submitKey} does not belong to the agenda's account`;
    const signed = signedExtrinsic({
      ...content,
      metadata: view.metadata,
      signer,
      call: bytesOfHex(content.call, 'the call'),
      tip: 0n,
      era: { birth: plan.window.block, period: content.period },
      birthHash: hexOf(plan.referenceHash),
      genesis: hexOf(plan.group.genesis),
    });
    return signed.result === 'signed' ? signed.bytes : `${signed.code}: ${signed.detail}`;
  } catch (error) {
    return `the key cannot be used: ${error instanceof Error ? oneLine(error.message) : 'unknown reason'}`;
  }
}

export async function submit(context: ExecutionContext, bytes: Uint8Array, height: bigint): Promise<void> {
  const answer = await submitExtrinsic(context.node, bytes);
  const more = 'detail' in answer ? `: ${oneLine(answer.detail)}` : '';
  await context.note(
    bareReceipt('step', `submitted at height ${height}; the node says ${answer.result}${more}`),
  );
}

function landingOf({ content, folders }: CallRun, { view }: Ready, isSubmitted: boolean): Landing {
  return {
    content,
    call: bytesOfHex(content.call, 'the call'),
    metadata: view.metadata,
    folders,
    isSubmitted,
  };
}
