import { getLookupFn, type MetadataLookup } from '@polkadot-api/metadata-builders';
import { decAnyMetadata, type UnifiedMetadata, unifyMetadata } from '@polkadot-api/substrate-bindings';
import { NodeFault } from '../rpc/fault.ts';
import { CodecFault } from '../scale/codec-fault.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { littleEndian } from '../scale/number-bytes.ts';

/**
 * One transaction extension of a runtime, with the types of its value in the extrinsic and of its additional
 * signed value.
 */
export interface TransactionExtension {
  readonly name: string;
  readonly type: number;
  readonly additionalType: number;
}

/** A runtime's description of its types, calls, storage and extrinsics. */
export interface ChainMetadata {
  readonly lookup: MetadataLookup;
  readonly unified: UnifiedMetadata;
  /** Type of the runtime's call. */
  readonly callType: number;
  readonly addressType: number;
  readonly signatureType: number;
  readonly extensions: readonly TransactionExtension[];
  /** Of SS58 addresses; 42 if the runtime names none. */
  readonly ss58Prefix: number;
}

const GENERIC_PREFIX = 42;

/** Reads metadata of version 14 or 15 (`meta…`). Throws `malformed`. */
export function readMetadata(bytes: Uint8Array): ChainMetadata {
  try {
    // The library reads the whole buffer under an array, so it gets a separate one.
    const unified = unifyMetadata(decAnyMetadata(Uint8Array.from(bytes)));
    const lookup = getLookupFn(unified);
    const types = extrinsicTypes(unified);
    for (const type of Object.values(types)) lookup(type);
    return { lookup, unified, ...types, extensions: extensionsOf(unified), ss58Prefix: prefixOf(unified) };
  } catch (cause) {
    const text = cause instanceof CodecFault ? cause.message : 'it is not metadata of version 14 or 15';
    throw new NodeFault('malformed', `the metadata of the runtime cannot be used: ${text}`, { cause });
  }
}

function extrinsicTypes(
  unified: UnifiedMetadata,
): Pick<ChainMetadata, 'callType' | 'addressType' | 'signatureType'> {
  const { extrinsic } = unified;
  if ('address' in extrinsic)
    return { callType: extrinsic.call, addressType: extrinsic.address, signatureType: extrinsic.signature };
  const params = unified.lookup[extrinsic.type]?.params ?? [];
  const named = (name: string): number => {
    const type = params.find((param) => param.name === name)?.type;
    if (type === undefined) throw new CodecFault('undecodable', `its extrinsic has no ${name}`);
    return type;
  };
  return { callType: named('Call'), addressType: named('Address'), signatureType: named('Signature') };
}

function extensionsOf({ extrinsic }: UnifiedMetadata): readonly TransactionExtension[] {
  return (extrinsic.signedExtensions[0] ?? []).map(({ identifier, type, additionalSigned }) => ({
    name: identifier,
    type,
    additionalType: additionalSigned,
  }));
}

/** A u16 in every runtime that has the constant. */
function prefixOf(unified: UnifiedMetadata): number {
  const bytes = constantOf(unified, 'System', 'SS58Prefix');
  return bytes?.length === 2 ? Number(littleEndian(bytes)) : GENERIC_PREFIX;
}

function constantOf(unified: UnifiedMetadata, pallet: string, name: string): Uint8Array | undefined {
  const constants = unified.pallets.find((each) => each.name === pallet)?.constants ?? [];
  const hex = constants.find((each) => each.name === name)?.value;
  return hex === undefined ? undefined : bytesOfHex(hex, `the constant ${pallet}.${name}`);
}

/** A constant that is a plain number of up to 16 bytes; null if the runtime has no such constant. */
export function numberConstant({ unified }: ChainMetadata, pallet: string, name: string): bigint | null {
  const bytes = constantOf(unified, pallet, name);
  return bytes === undefined || bytes.length === 0 || bytes.length > 16 ? null : littleEndian(bytes);
}

/** Whether the runtime has a pallet of this name. */
export function hasPallet({ unified }: ChainMetadata, pallet: string): boolean {
  return unified.pallets.some((each) => each.name === pallet);
}
