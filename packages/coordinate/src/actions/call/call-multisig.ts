import { bytesOfHex, hexOf } from '@watchbill/chain';
import {
  accountNonce,
  accountOfText,
  asMultiCall,
  blake2Hash,
  blockHashAt,
  callWeight,
  type ExtrinsicSigner,
  findMultisigCall,
  isStash,
  type MultisigOwners,
  numberConstant,
  openMultisig,
  periodWithin,
  type RuntimeView,
  signedExtrinsic,
} from '@watchbill/chain/extrinsics';
import type { Receipt } from '../receipt.ts';
import { oneLine } from '../text.ts';
import { type CallRun, readableView, submit, throwUnlessOver, unlessUnread } from './call-execution.ts';
import { bareReceipt, settledText } from './call-receipts.ts';
import { submissionTurn } from './call-turn.ts';

/** The member's part in a call of a multisig account. */
interface Part extends CallRun {
  readonly owners: MultisigOwners;
  readonly account: Uint8Array;
  readonly callHash: string;
  /** From this height on, no approval of a member can land. */
  readonly end: bigint;
}

interface Ready {
  readonly view: RuntimeView;
  /** Null if this member only watches. */
  readonly signer: ExtrinsicSigner | null;
}

/** The default of frame_system. */
const KEPT_HASHES = 256n;

/**
 * Approves the call on the chain with the account of this member, in the order of the plan, until the call is
 * made or the lease is over. The chain counts the approvals, so it enforces the threshold also against a
 * quorum that is wrong. Looks at all finalised blocks since the reference block first, also after a restart,
 * so it keeps no state.
 */
export async function executeMultisig(run: CallRun, owners: MultisigOwners): Promise<Receipt> {
  const { context, content } = run;
  const era = context.plan.window.block + BigInt(content.period);
  const end = era < context.expiryBlock ? era : context.expiryBlock;
  const account = bytesOfHex(content.account, 'the account');
  const callHash = blake2Hash(bytesOfHex(content.call, 'the call'));
  return follow({ ...run, owners, account, callHash, end });
}

async function follow(part: Part): Promise<Receipt> {
  const { context, content, end } = part;
  const turn = submissionTurn(context, content, part.approvals);
  let ready: Ready | null = null;
  let searched = context.plan.window.block;
  let isSubmitted = false;
  try {
    for await (const height of context.heights()) {
      context.signal.throwIfAborted();
      await turn.at(height);
      ready ??= await unlessUnread(() => prepared(part, height));
      const made = await unlessUnread(() => madeUpTo(part, searched, height));
      if (ready === null || made === null) continue;
      if (made !== 'no') return receiptOf(part, ready.view, isSubmitted, made);
      searched = height;
      if (height >= end) break;
      const { view, signer } = ready;
      if (signer === null) continue;
      const bytes = await unlessUnread(() => approvalBytes(part, view, signer, height));
      if (bytes === null || bytes === 'not-needed' || !(await turn.take(height))) continue;
      isSubmitted = true;
      await submit(context, bytes, height);
    }
    if (searched < end) context.signal.throwIfAborted();
  } catch (error) {
    throwUnlessOver(context, error);
  }
  const until = `the call was not made up to height ${searched}; approvals stay on the chain until the signatory that opened them cancels them`;
  const vetoed = turn.veto();
  return vetoed === null ? bareReceipt('expired', until) : bareReceipt('vetoed', `${vetoed}; ${until}`);
}

type Made = Exclude<Awaited<ReturnType<typeof findMultisigCall>>, null>;

async function madeUpTo(
  { context, doors, account, callHash }: Part,
  searched: bigint,
  height: bigint,
): Promise<Made | 'no'> {
  const { node, signal } = context;
  const search = { node, views: doors.views, signal };
  return (await findMultisigCall(search, { account, callHash }, searched + 1n, height)) ?? 'no';
}

/** The key of this member, or a note why it only watches. Throws a NodeFault. */
async function prepared(part: Part, height: bigint): Promise<Ready> {
  const { context, doors, content, owners, submitKey } = part;
  const { block, view } = await readableView(part, height);
  if (submitKey === null) return { view, signer: null };
  const usable = keyOf(() => doors.key(submitKey));
  const problem =
    typeof usable === 'string'
      ? usable
      : view.specVersion !== content.specVersion
        ? `other-runtime: the runtime is ${view.specVersion} now, not ${content.specVersion}`
        : !owners.signatories.some((each) => Buffer.compare(each, usable.publicKey) === 0)
          ? `wrong-account: the key in ${submitKey} does not belong to a signatory of the agenda`
          : (await isStash(context.node, view.metadata, usable.publicKey, block))
            ? 'stash-key-refused: the signatory is a stash'
            : null;
  if (problem === null && typeof usable !== 'string') return { view, signer: usable };
  await context.note(bareReceipt('refused', `${problem}; this member only watches`));
  return { view, signer: null };
}

function keyOf(read: () => ExtrinsicSigner): ExtrinsicSigner | string {
  try {
    return read();
  } catch (error) {
    return `the key cannot be used: ${error instanceof Error ? oneLine(error.message) : 'unknown reason'}`;
  }
}

/** The extrinsic with this member's approval; `not-needed` if the chain has it, or it can no longer land. */
async function approvalBytes(
  { context, content, owners, account, callHash, end }: Part,
  { metadata, ...view }: RuntimeView,
  signer: ExtrinsicSigner,
  height: bigint,
): Promise<Uint8Array | 'not-needed'> {
  const { node, plan } = context;
  const block = await blockHashAt(node, height);
  const kept = numberConstant(metadata, 'System', 'BlockHashCount') ?? KEPT_HASHES;
  const period = periodWithin(end - height, kept);
  if (block === null || period === null) return 'not-needed';
  const open = await openMultisig(node, metadata, account, callHash, block);
  const own = addressIn(open?.approvals ?? [], signer.publicKey);
  // Enough approvals without the call: any signatory may still bring it.
  if (own && (open?.approvals.length ?? 0) < owners.threshold) return 'not-needed';
  const call = bytesOfHex(content.call, 'the call');
  const written = asMultiCall(metadata, {
    owners,
    own: signer.publicKey,
    timepoint: open?.timepoint ?? null,
    call,
    weight: await callWeight(node, call, block),
  });
  if (written.result === 'refused') throw new Error(`the approval cannot be written: ${written.detail}`);
  const signed = signedExtrinsic({
    ...view,
    metadata,
    signer,
    call: written.bytes,
    nonce: await accountNonce(node, signer.publicKey, block),
    tip: 0n,
    era: { birth: height, period },
    birthHash: block,
    genesis: hexOf(plan.group.genesis),
  });
  if (signed.result === 'refused') throw new Error(`${signed.code}: ${signed.detail}`);
  return signed.bytes;
}

function addressIn(addresses: readonly string[], account: Uint8Array): boolean {
  return addresses.some((text) => hexOf(accountOfText(text) ?? new Uint8Array()) === hexOf(account));
}

async function receiptOf(
  { content, folders }: Part,
  { metadata }: RuntimeView,
  isSubmitted: boolean,
  { dispatch, hash, block, height }: Made,
): Promise<Receipt> {
  const isFailed = dispatch?.result === 'failed';
  const landing = { content, call: bytesOfHex(content.call, 'the call'), metadata, folders, isSubmitted };
  const off = await settledText(landing, isFailed ? 'failed' : 'done');
  const extrinsic = { hash, block, height };
  if (isFailed)
    return {
      ...bareReceipt('failed', `the multisig account made the call, which failed: ${dispatch.error}${off}`),
      extrinsic,
    };
  const result = isSubmitted ? 'done' : 'done-by-another';
  return { ...bareReceipt(result, `the multisig account made the call${off}`), extrinsic };
}
