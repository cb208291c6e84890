import type { ChainMetadata } from '../extrinsics/metadata.ts';
import { oncePerRuntime, valueDecoder } from '../extrinsics/value-decode.ts';
import { CodecFault } from '../scale/codec-fault.ts';
import { hexOf } from '../scale/hex.ts';
import { readWhole } from '../scale/reader.ts';
import { type Plain, ShapeFault } from './plain.ts';

const decoderOf = oncePerRuntime((metadata) =>
  valueDecoder<bigint>(metadata, { account: hexOf, large: (value) => value, omitsNull: false }),
);

/** The value of a type, which must use all bytes. Throws a {@link ShapeFault}. */
export function plainValue(metadata: ChainMetadata, type: number, bytes: Uint8Array): Plain {
  try {
    return readWhole(bytes, (source) => decoderOf(metadata)(type, source));
  } catch (error) {
    throw new ShapeFault(error instanceof CodecFault ? error.message : 'its type cannot be resolved');
  }
}
