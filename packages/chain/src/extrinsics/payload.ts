import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { CodecFault, caught, undecodable } from '../scale/codec-fault.ts';
import { scaleReader } from '../scale/reader.ts';
import {
  type ExtensionFacts,
  type PayloadFacts,
  readExtensions,
  unknownExtension,
  writeExtensions,
} from './extensions.ts';
import type { ChainMetadata } from './metadata.ts';
import { decodeValue } from './value-decode.ts';

/** The parts of a payload for a key to sign. */
export interface UnsignedPayload {
  /**
   * All signed bytes: the call, the extensions' bytes in the extrinsic, and their additional signed bytes.
   */
  readonly payload: Uint8Array;
  readonly call: Uint8Array;
  /** The extensions' bytes in the extrinsic. */
  readonly inside: Uint8Array;
}

export type PayloadWriting =
  | { readonly result: 'payload'; readonly parts: UnsignedPayload }
  | {
      readonly result: 'refused';
      readonly code: 'unknown-extension' | 'unsupported-runtime';
      readonly detail: string;
    };

/** The payload of a call. The same facts give the same bytes. */
export function unsignedPayload(
  metadata: ChainMetadata,
  call: Uint8Array,
  facts: ExtensionFacts,
): PayloadWriting {
  const unknown = unknownExtension(metadata);
  if (unknown !== null)
    return {
      result: 'refused',
      code: 'unknown-extension',
      detail: `the runtime requires the transaction extension ${unknown}, which this client does not know`,
    };
  const filled = caught(() => {
    const inside = writeExtensions(metadata, 'inside', facts);
    const payload = Buffer.concat([call, inside, writeExtensions(metadata, 'signed', facts)]);
    return { payload: Uint8Array.from(payload), call, inside };
  });
  return filled instanceof CodecFault
    ? { result: 'refused', code: 'unsupported-runtime', detail: filled.message }
    : { result: 'payload', parts: filled };
}

/** Longer payloads are signed by their hash. */
const LONGEST_SIGNED_BYTES = 256;

/** The bytes that the key signs. */
export function signedMessage(payload: Uint8Array): Uint8Array {
  return Uint8Array.from(payload.length > LONGEST_SIGNED_BYTES ? Blake2256(payload) : payload);
}

export interface PayloadReading extends UnsignedPayload {
  readonly facts: PayloadFacts;
}

/**
 * Decodes a payload. Null for bytes that are not exactly one payload of this runtime in the shortest form.
 * Also null for payloads that {@link unsignedPayload} would not make: eras without end, another fee asset, or
 * unknown signed data.
 */
export function readPayload(metadata: ChainMetadata, payload: Uint8Array): PayloadReading | null {
  const read = caught(() => {
    if (unknownExtension(metadata) !== null) throw undecodable('an extension is not read');
    const source = scaleReader(payload);
    decodeValue(metadata, metadata.callType, source);
    const callEnd = source.at();
    const found = readExtensions(metadata, 'inside', source);
    const insideEnd = source.at();
    const facts = complete({ ...found, ...readExtensions(metadata, 'signed', source) });
    source.end();
    const [call, inside] = [payload.slice(0, callEnd), payload.slice(callEnd, insideEnd)];
    return { payload: Uint8Array.from(payload), call, inside, facts };
  });
  return read instanceof CodecFault ? null : read;
}

/** All facts; an extension that the runtime lacks leaves some out. */
function complete(found: Partial<PayloadFacts>): PayloadFacts {
  const { nonce, tip, period, phase, birthHash, genesis, specVersion, transactionVersion } = found;
  if (nonce === undefined || !Number.isSafeInteger(nonce) || tip === undefined)
    throw undecodable('the payload has no nonce or no tip');
  if (period === undefined || phase === undefined || birthHash === undefined || genesis === undefined)
    throw undecodable('the payload has no era or no chain');
  if (specVersion === undefined || transactionVersion === undefined)
    throw undecodable('the payload has no version');
  return { nonce, tip, period, phase, birthHash, genesis, specVersion, transactionVersion };
}
