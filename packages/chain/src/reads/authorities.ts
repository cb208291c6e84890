import type { NodeRpc } from '../rpc/port.ts';
import { hexOf } from '../scale/hex.ts';
import type { ScaleReader } from '../scale/reader.ts';
import { runtimeCall } from './runtime.ts';

/** A public session key (`0x…`) with its weight in votes. */
export interface Authority {
  readonly key: string;
  readonly weight: bigint;
}

/** One epoch of BABE. */
export interface BabeEpoch {
  readonly index: bigint;
  readonly startSlot: bigint;
  readonly durationSlots: bigint;
  /** `authorityIndex` of a slot claim is an index into this. */
  readonly authorities: readonly Authority[];
  /** `0x` and 64 hex digits; secondary authors are drawn from it. */
  readonly randomness: string;
  /** Slots without a primary author go to a secondary one. */
  readonly secondarySlots: boolean;
}

/** BABE's configuration. */
export interface BabeConfiguration {
  readonly slotMs: bigint;
  readonly epochSlots: bigint;
  readonly authorities: readonly Authority[];
}

const KEY_BYTES = 32;
const RANDOMNESS_BYTES = 32;

const readKey = (reader: ScaleReader): string => hexOf(reader.fixed(KEY_BYTES));

function readAuthorities(reader: ScaleReader): readonly Authority[] {
  return reader.list(() => ({ key: readKey(reader), weight: reader.u64() }));
}

/** The share of primary slots, as a fraction: two u64. */
function skipShare(reader: ScaleReader): void {
  reader.u64();
  reader.u64();
}

/** The epoch of the block that would follow `at`. */
export function babeEpoch(node: NodeRpc, at: string): Promise<BabeEpoch> {
  return runtimeCall(node, 'BabeApi_current_epoch', at, (reader) => {
    const epoch = { index: reader.u64(), startSlot: reader.u64(), durationSlots: reader.u64() };
    const authorities = readAuthorities(reader);
    const randomness = hexOf(reader.fixed(RANDOMNESS_BYTES));
    skipShare(reader);
    // sp-consensus-babe's `AllowedSlots`: 0 is primary slots only.
    return { ...epoch, authorities, randomness, secondarySlots: reader.u8() !== 0 };
  });
}

export function babeConfiguration(node: NodeRpc, at: string): Promise<BabeConfiguration> {
  return runtimeCall(node, 'BabeApi_configuration', at, (reader) => {
    const lengths = { slotMs: reader.u64(), epochSlots: reader.u64() };
    skipShare(reader);
    const authorities = readAuthorities(reader);
    reader.fixed(RANDOMNESS_BYTES);
    reader.u8();
    return { ...lengths, authorities };
  });
}

/** The BABE authorities of the epoch of the block that would follow `at`. */
export async function babeAuthorities(node: NodeRpc, at: string): Promise<readonly Authority[]> {
  return (await babeEpoch(node, at)).authorities;
}

/** The GRANDPA authorities by the state of `at`. */
export function grandpaAuthorities(node: NodeRpc, at: string): Promise<readonly Authority[]> {
  return runtimeCall(node, 'GrandpaApi_grandpa_authorities', at, readAuthorities);
}

/**
 * The set id by the state of `at`: the set that finalises the children of `at`. A block that changes the set
 * is itself finalised by the set before, so ask at the parent for the set that finalised a block.
 */
export function grandpaSetId(node: NodeRpc, at: string): Promise<bigint> {
  return runtimeCall(node, 'GrandpaApi_current_set_id', at, (reader) => reader.u64());
}

/** The Aura authorities by the state of `at`, in turn order. */
export function auraAuthorities(node: NodeRpc, at: string): Promise<readonly string[]> {
  return runtimeCall(node, 'AuraApi_authorities', at, (reader) => reader.list(() => readKey(reader)));
}

export function auraSlotMs(node: NodeRpc, at: string): Promise<bigint> {
  return runtimeCall(node, 'AuraApi_slot_duration', at, (reader) => reader.u64());
}
