import { createHash } from 'node:crypto';
import { accountOfText } from '@watchbill/chain/extrinsics';
import { z } from 'zod';
import type { AgendaItem } from '../../quorum/group.ts';
import type { Value } from '../../quorum/messages.ts';
import { bytesOfRecord, checked, recordOfBytes } from '../content.ts';
import { envelopeProblem } from '../envelope.ts';
import { accountText, filePath, hex, u32 } from '../fields.ts';
import type { ActionRefusal } from '../refusals.ts';

/** Room for an extrinsic to land, after the member has waited for a new session. */
const MIN_TURN_BLOCKS = 16;
const MAX_TURN_BLOCKS = 1_000_000;

/** Of an agenda item: the same for all members. */
export const rotateParameters = z.strictObject({
  /** The validator of each seat, in order of seat, as the session pallet names it: its stash. */
  validators: z
    .array(accountText)
    .min(1)
    .refine((list) => new Set(list.map(normal)).size === list.length, 'names a validator twice'),
  /**
   * Blocks of each member's turn, counted from the start of the lease. After them the next member begins,
   * even if this one did nothing. Without it, a member that is down delays all members after it.
   */
  turnBlocks: z.int().min(MIN_TURN_BLOCKS).max(MAX_TURN_BLOCKS).optional(),
});

export type RotateParameters = z.infer<typeof rotateParameters>;

function normal(account: string): string {
  return Buffer.from(accountOfText(account) ?? []).toString('hex');
}

/** Of an operator. */
export const rotateSettings = z.strictObject({
  /** RPC of the own validator, with `--rpc-methods unsafe` on loopback: it makes the keys. */
  nodeUrl: z.string().min(1),
  /** Key file of the account that submits. */
  submitKey: filePath,
  /** File of the keys that the node made, until the chain has them; it holds no secrets. */
  keysFile: filePath,
  /** Account for which it submits, as its proxy. Without one it submits for itself. */
  proxyFor: accountText.optional(),
  /** Kind of proxy, as the metadata names it. Default: whichever the account has. */
  proxyType: z.string().optional(),
});

export type RotateSettings = z.infer<typeof rotateSettings>;

export const rotateContent = z.strictObject({
  /** Seats, the first to go first. */
  order: z.array(z.int().min(0)).min(1),
  /** Of the reference block. */
  session: u32,
  /**
   * SHA-256 of the next session keys of each seat's validator at the reference block; null if it has none.
   */
  before: z.array(hex(32).nullable()).min(1),
});

export type RotateContent = z.infer<typeof rotateContent>;

export function parametersOf(item: AgendaItem): RotateParameters {
  return checked(rotateParameters, item.parameters, 'the parameters of rotate');
}

export function settingsOf(text: string): RotateSettings {
  return checked(rotateSettings, text, 'the settings of rotate');
}

export function contentOf(value: Value): RotateContent | null {
  return recordOfBytes(rotateContent, value.content);
}

export function keysDigest(keys: Uint8Array | null): string | null {
  return keys === null ? null : `0x${createHash('sha256').update(keys).digest('hex')}`;
}

/** One digest for the keys of all validators, short enough for a fact. */
export function allKeysDigest({ before }: RotateContent): string {
  return `0x${createHash('sha256').update(bytesOfRecord(before)).digest('hex')}`;
}

const facts = z.looseObject({ code: z.string(), session: u32.optional(), keys: hex(32).optional() });

/** See `ActionPlugin.judge`. */
export function judgeRotate(item: AgendaItem, value: Value, factBytes: Uint8Array): ActionRefusal | null {
  const content = contentOf(value);
  if (content === null) return 'malformed';
  const around = envelopeProblem(item, value);
  if (around !== null || factBytes.length === 0) return around;
  const read = recordOfBytes(facts, factBytes);
  if (read?.code === 'wrong-session' && read.session !== undefined && read.session !== content.session)
    return 'wrong-session';
  if (read?.code === 'wrong-keys' && read.keys !== undefined && read.keys !== allKeysDigest(content))
    return 'wrong-keys';
  return null;
}
