import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { CodecFault, caught, undecodable } from '../scale/codec-fault.ts';
import { hexOf } from '../scale/hex.ts';
import { type ScaleReader, scaleReader } from '../scale/reader.ts';
import { decodeEra } from './era.ts';
import { type ExtensionFacts, filledExtensions } from './extensions.ts';
import type { ChainMetadata, TransactionExtension } from './metadata.ts';
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
  const filled = caught(() => filledExtensions(metadata, facts));
  if (filled instanceof CodecFault)
    return { result: 'refused', code: 'unsupported-runtime', detail: filled.message };
  if ('unknown' in filled)
    return {
      result: 'refused',
      code: 'unknown-extension',
      detail: `the runtime requires the transaction extension ${filled.unknown}, which this client does not know`,
    };
  const inside = joined(filled.map((each) => each.inside));
  const payload = joined([call, inside, ...filled.map((each) => each.signed)]);
  return { result: 'payload', parts: { payload, call, inside } };
}

/** Longer payloads are signed by their hash. */
const LONGEST_SIGNED_BYTES = 256;

/** The bytes that the key signs. */
export function signedMessage(payload: Uint8Array): Uint8Array {
  return Uint8Array.from(payload.length > LONGEST_SIGNED_BYTES ? Blake2256(payload) : payload);
}

/** The content of a payload's bytes. */
export interface PayloadFacts {
  readonly nonce: number;
  /** Planck. */
  readonly tip: bigint;
  /** Blocks. */
  readonly period: number;
  /** Of the block at which the era begins, in its period. */
  readonly phase: number;
  readonly birthHash: string;
  readonly genesis: string;
  readonly specVersion: number;
  readonly transactionVersion: number;
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
    const source = scaleReader(payload);
    decodeValue(metadata, metadata.callType, source);
    const callEnd = source.at();
    const found: Found = {};
    for (const extension of metadata.extensions) readPart(metadata, extension, 'inside', source, found);
    const insideEnd = source.at();
    for (const extension of metadata.extensions) readPart(metadata, extension, 'signed', source, found);
    source.end();
    const [call, inside] = [payload.slice(0, callEnd), payload.slice(callEnd, insideEnd)];
    return { payload: Uint8Array.from(payload), call, inside, facts: complete(found) };
  });
  return read instanceof CodecFault ? null : read;
}

type Found = { -readonly [Name in keyof PayloadFacts]?: PayloadFacts[Name] };
type Part = 'inside' | 'signed';
type ReadPart = (source: ScaleReader, found: Found, type: () => bigint) => void;

function hash(source: ScaleReader): string {
  return hexOf(source.fixed(32));
}

function readEra(source: ScaleReader, found: Found): void {
  const era = decodeEra(source.u8(), () => source.u8());
  if (era === null) throw undecodable('the era never ends');
  found.period = era.period;
  found.phase = era.phase;
}

function mustBeNone(source: ScaleReader): void {
  if (source.u8() !== 0) throw undecodable('an extension has a value that this client does not make');
}

const MORTALITY: Readonly<Record<Part, ReadPart>> = {
  inside: readEra,
  signed: (source, found) => {
    found.birthHash = hash(source);
  },
};

/** The counterpart of `extensions.ts`. */
const READERS: Readonly<Record<string, Partial<Record<Part, ReadPart>>>> = {
  CheckMortality: MORTALITY,
  CheckEra: MORTALITY,
  CheckGenesis: {
    signed: (source, found) => {
      found.genesis = hash(source);
    },
  },
  CheckSpecVersion: {
    signed: (source, found) => {
      found.specVersion = Number(source.unsigned(4));
    },
  },
  CheckTxVersion: {
    signed: (source, found) => {
      found.transactionVersion = Number(source.unsigned(4));
    },
  },
  CheckNonce: {
    inside: (_source, found, number) => {
      found.nonce = Number(number());
    },
  },
  ChargeTransactionPayment: {
    inside: (_source, found, number) => {
      found.tip = number();
    },
  },
  ChargeAssetTxPayment: {
    inside: (source, found) => {
      found.tip = source.compact();
      mustBeNone(source);
    },
  },
  CheckMetadataHash: { inside: mustBeNone, signed: mustBeNone },
};

function readPart(
  metadata: ChainMetadata,
  { name, type, additionalType }: TransactionExtension,
  part: Part,
  source: ScaleReader,
  found: Found,
): void {
  const own = part === 'inside' ? type : additionalType;
  const read = Object.hasOwn(READERS, name) ? READERS[name]?.[part] : undefined;
  if (read !== undefined) read(source, found, () => numberOf(metadata, own, source));
  else if (metadata.lookup(own).type !== 'void')
    throw undecodable(`the transaction extension ${name} is not read`);
}

function numberOf(metadata: ChainMetadata, type: number, source: ScaleReader): bigint {
  const value = decodeValue(metadata, type, source);
  if (typeof value !== 'number' && typeof value !== 'string') throw undecodable('the bytes are not a number');
  return BigInt(value);
}

function complete(found: Found): PayloadFacts {
  const { nonce, tip, period, phase, birthHash, genesis, specVersion, transactionVersion } = found;
  if (nonce === undefined || !Number.isSafeInteger(nonce) || tip === undefined)
    throw undecodable('the payload has no nonce or no tip');
  if (period === undefined || phase === undefined || birthHash === undefined || genesis === undefined)
    throw undecodable('the payload has no era or no chain');
  if (specVersion === undefined || transactionVersion === undefined)
    throw undecodable('the payload has no version');
  return { nonce, tip, period, phase, birthHash, genesis, specVersion, transactionVersion };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
