import { hexOf } from '@watchbill/chain';
import {
  accountOfText,
  addressOfAccount,
  isPeriod,
  type Json,
  type MultisigOwners,
  multisigAccount,
  multisigOwners,
} from '@watchbill/chain/extrinsics';
import { z } from 'zod';
import type { AgendaItem } from '../../quorum/group.ts';
import type { Value } from '../../quorum/messages.ts';
import { checked, parsedJson, recordOfBytes } from '../content.ts';
import { envelopeProblem } from '../envelope.ts';
import { accountText, filePath, hex, u32 } from '../fields.ts';
import type { ActionRefusal } from '../refusals.ts';
import { callRules } from './call-rules.ts';

const GENERIC_PREFIX = 42;
/** Its hex and the other fields must fit the 8 KiB of a content. */
export const LARGEST_CALL_BYTES = 3_800;

/** Longer than a veto needs to reach a member that restarts. */
export const SHORTEST_HOLD = 5;

const holdBlocks = z.int().min(SHORTEST_HOLD).max(100_000).optional();

/** Of an agenda item: the same for all members. */
export const callParameters = z.strictObject({
  /** Whose nonce is used, and who pays. */
  account: accountText,
  /** `Pallet.call` as the metadata spells them; calls inside others count as well. */
  allowed: z.array(z.string().regex(/^\w+\.\w+$/, 'must be Pallet.call')).min(1),
  maxBytes: z.int().min(1).max(LARGEST_CALL_BYTES),
  /** With it, `account` is a multisig account, and each member approves on the chain with its own account. */
  multisig: z
    .strictObject({
      /** One account per member, in order of seat. */
      signatories: z.array(accountText).min(2).max(100),
      threshold: z.int().min(2).max(100),
    })
    .optional(),
  /** Blocks from the begin of the lease in which members may veto and no member submits. */
  holdBlocks,
});

export type CallParameters = z.infer<typeof callParameters>;
/** With the check that the multisig account is that of its signatories. */
export const checkedCallParameters = callParameters.superRefine((parameters, { addIssue }) => {
  const { multisig, account } = parameters;
  if (multisig === undefined) return;
  const owners = ownersOf(multisig);
  const problem = (message: string): void => addIssue({ code: 'custom', path: ['multisig'], message });
  if (new Set(owners.signatories.map(hexOf)).size < owners.signatories.length)
    return problem('names an account twice');
  if (multisig.threshold > owners.signatories.length)
    return problem('has a threshold above the number of its signatories');
  const own = multisigAccount(owners);
  if (hexOf(own) !== accountHex({ account }))
    problem(`gives the multisig account ${addressOfAccount(own, GENERIC_PREFIX)}; write that as account`);
});

/** The signatories and the threshold of the agenda. */
export function ownersOf({
  signatories,
  threshold,
}: NonNullable<CallParameters['multisig']>): MultisigOwners {
  return multisigOwners(
    signatories.map((text) => accountOfText(text) ?? new Uint8Array()),
    threshold,
  );
}

export type CallSettings = z.infer<typeof callSettings>;

/** Of an operator. */
export const callSettings = z.strictObject({
  /** Folder of calls that this operator proposes, and so approves. */
  queue: filePath.optional(),
  /** Folder of calls that this operator approves but does not propose, with the records of their use. */
  approvals: filePath.optional(),
  rules: callRules.default([]),
  /** Key file of the account. An operator without one only watches. */
  submitKey: filePath.optional(),
});

/** One extrinsic without its signature. */
export const callContent = z.strictObject({
  call: z.string().regex(/^0x([0-9a-f]{2})+$/),
  account: hex(32),
  /** Of the account at the reference block. */
  nonce: u32,
  specVersion: u32,
  transactionVersion: u32,
  /** Blocks from the reference block on in which it may land. */
  period: z.int().refine(isPeriod),
  /** That of the agenda; absent if it has none. */
  holdBlocks,
});

export type CallContent = z.infer<typeof callContent>;

export function parametersOf(item: AgendaItem): CallParameters {
  return checked(callParameters, item.parameters, 'the parameters of call');
}

export function contentOf(value: Value): CallContent | null {
  return recordOfBytes(callContent, value.content);
}

/** The account of the agenda, as contents write it. */
export function accountHex({ account }: Pick<CallParameters, 'account'>): string {
  return hexOf(accountOfText(account) ?? new Uint8Array());
}

const facts = z.looseObject({
  code: z.string(),
  nonce: u32.optional(),
  specVersion: u32.optional(),
  transactionVersion: u32.optional(),
  calls: z.array(z.string()).optional(),
  leaseBlocks: z.int().optional(),
  activeBlocks: z.int().optional(),
});

/** Refusals that count as proof only if f + 1 members report them alike, from the same block. */
const SAID = ['undecodable', 'trailing-bytes'] as const;

/** See `ActionPlugin.judge`. */
export function judgeCall(item: AgendaItem, value: Value, factBytes: Uint8Array): ActionRefusal | null {
  const content = contentOf(value);
  if (content === null) return 'malformed';
  const around = envelopeProblem(item, value);
  if (around !== null) return around;
  const parameters = callParameters.safeParse(parsedJson(item.parameters));
  // An agenda that cannot be read is no fault of a member.
  if (!parameters.success) return null;
  if (content.account !== accountHex(parameters.data)) return 'wrong-account';
  if (content.holdBlocks !== parameters.data.holdBlocks) return 'wrong-hold';
  if (content.call.length / 2 - 1 > parameters.data.maxBytes) return 'too-large';
  return factBytes.length === 0 ? null : judgeByFacts(parameters.data, content, factBytes);
}

function judgeByFacts(
  { allowed }: CallParameters,
  content: CallContent,
  factBytes: Uint8Array,
): ActionRefusal | null {
  const read = recordOfBytes(facts, factBytes);
  if (read === null) return null;
  const { code, nonce, specVersion, transactionVersion, calls, leaseBlocks, activeBlocks } = read;
  const differs = (known: number | undefined, own: number): boolean => known !== undefined && known !== own;
  const holds: Partial<Record<ActionRefusal, boolean>> = {
    'wrong-nonce': differs(nonce, content.nonce),
    'other-runtime':
      differs(specVersion, content.specVersion) || differs(transactionVersion, content.transactionVersion),
    'not-allowed': calls?.some((name) => !allowed.includes(name)) ?? false,
    'era-too-long': leaseBlocks !== undefined && content.period > leaseBlocks,
    'era-too-short': activeBlocks !== undefined && content.period <= activeBlocks,
  };
  const proven = Object.entries(holds).find(([name, isSo]) => name === code && isSo);
  if (proven !== undefined) return proven[0] as ActionRefusal;
  return SAID.find((name) => name === code) ?? null;
}

/** Arguments as operators write them. */
export const queuedCall = z.strictObject({
  pallet: z.string(),
  call: z.string(),
  args: z.custom<Json>((value) => value !== undefined, 'is missing; write null if the call has no arguments'),
  /** The last reference block at which the file approves the call. */
  lastBlock: u32.optional(),
});
