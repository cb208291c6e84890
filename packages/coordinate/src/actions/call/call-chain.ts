import { bytesOfHex, hexOf } from '@watchbill/chain';
import {
  accountNonce,
  type ChainMetadata,
  decodeCall,
  isStash,
  numberConstant,
  periodWithin,
  type RuntimeView,
} from '@watchbill/chain/extrinsics';
import type { Validation } from '../../rules.ts';
import { refused, refusedByFacts, VALID } from '../answers.ts';
import type { ActionDoors } from '../doors.ts';
import type { ActionContext } from '../port.ts';
import { type CallContent, type CallParameters, parametersOf } from './call-content.ts';

/** The state of the chain at the reference block. */
export interface CallChainState {
  readonly view: RuntimeView;
  readonly nonce: number;
  readonly isStash: boolean;
}

/** Throws a NodeFault. */
export async function readChainState(
  { views }: ActionDoors,
  { node, plan }: ActionContext,
  account: Uint8Array,
): Promise<CallChainState> {
  const block = hexOf(plan.referenceHash);
  const view = await views.at(node, block);
  return {
    view,
    nonce: await accountNonce(node, account, block),
    isStash: await isStash(node, view.metadata, account, block),
  };
}

/** Blocks from the reference block: to the first submission, and to the end of the lease. */
function stretch({ plan, item }: ActionContext): { readonly active: number; readonly lease: number } {
  const window = Number(plan.window.end - plan.window.block);
  const { holdBlocks = 0 } = parametersOf(item);
  return { active: window + holdBlocks, lease: window + Number(item.validityBlocks) };
}

/** The default of frame_system. */
const KEPT_HASHES = 256n;

/** The longest period that ends with the lease; null if it would be over before the first submission. */
export function leasePeriod(context: ActionContext, metadata: ChainMetadata): number | null {
  const { active, lease } = stretch(context);
  const kept = numberConstant(metadata, 'System', 'BlockHashCount') ?? KEPT_HASHES;
  const period = periodWithin(BigInt(lease), kept);
  return period === null || period <= active ? null : period;
}

/** Judges content that passed the offline checks against the state of the chain. */
export function judgeOnChainState(
  context: ActionContext,
  { allowed, multisig }: CallParameters,
  content: CallContent,
  chainState: CallChainState,
): Validation {
  const { specVersion, transactionVersion, metadata } = chainState.view;
  if (multisig !== undefined && multisig.signatories.length !== context.plan.group.members.length)
    return refused(
      'wrong-signatories',
      `${multisig.signatories.length} signatories for ${context.plan.group.members.length} seats`,
    );
  if (chainState.isStash)
    return refused('stash-key-refused', `${content.account}; name a proxy of it as the account`);
  if (content.specVersion !== specVersion || content.transactionVersion !== transactionVersion)
    return refusedByFacts(
      'other-runtime',
      { specVersion, transactionVersion },
      `the runtime is ${specVersion}, not ${content.specVersion}`,
    );
  const read = decodeCall(metadata, bytesOfHex(content.call, 'the call'));
  if (read.result === 'refused') {
    const code = read.code === 'trailing-bytes' ? 'trailing-bytes' : 'undecodable';
    return refusedByFacts(code, { specVersion }, read.detail);
  }
  const [foreign] = read.call.calls.filter((name) => !allowed.includes(name));
  if (foreign !== undefined) return refusedByFacts('not-allowed', { calls: [foreign] }, foreign);
  const { nonce } = chainState;
  if (content.nonce !== nonce)
    return refusedByFacts('wrong-nonce', { nonce }, `the nonce is ${nonce}, not ${content.nonce}`);
  return judgePeriod(context, content);
}

function judgePeriod(context: ActionContext, { period }: CallContent): Validation {
  const { active, lease } = stretch(context);
  if (period > lease)
    return refusedByFacts('era-too-long', { leaseBlocks: lease }, `${period} of ${lease} blocks`);
  if (period <= active)
    return refusedByFacts(
      'era-too-short',
      { activeBlocks: active },
      `${period} blocks, the first submission comes after ${active}`,
    );
  return VALID;
}
