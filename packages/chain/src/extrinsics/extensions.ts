import { undecodable } from '../scale/codec-fault.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { compactBytes, numberBytes } from '../scale/number-bytes.ts';
import type { ScaleReader } from '../scale/reader.ts';
import { decodeEra, encodeEra, type MortalEra } from './era.ts';
import type { ChainMetadata, TransactionExtension } from './metadata.ts';
import { decodeValue } from './value-decode.ts';
import { encodeValue } from './value-encode.ts';

interface SignedFacts {
  readonly nonce: number;
  /** Planck. */
  readonly tip: bigint;
  /** `0x…`, hash of the block at which the era begins. */
  readonly birthHash: string;
  /** `0x…`, hash of block 0. */
  readonly genesis: string;
  readonly specVersion: number;
  readonly transactionVersion: number;
}

/** The values for the extensions of a signed extrinsic. */
export interface ExtensionFacts extends SignedFacts {
  readonly era: MortalEra;
}

/** The content of a payload's bytes. */
export interface PayloadFacts extends SignedFacts {
  /** Blocks. */
  readonly period: number;
  /** Of the block at which the era begins, in its period. */
  readonly phase: number;
}

/** One part of an extension: the bytes in the extrinsic, or the additional signed bytes. */
interface Part {
  readonly write: (facts: ExtensionFacts, asType: (value: string) => Uint8Array) => Uint8Array;
  /** `asType`: a number in the extension's own type. */
  readonly read: (source: ScaleReader, asType: () => bigint) => Partial<PayloadFacts>;
}

interface Extension {
  readonly inside?: Part;
  readonly signed?: Part;
}

const hash = (name: 'genesis' | 'birthHash'): Part => ({
  write: (facts) => bytesOfHex(facts[name], `the hash ${name}`),
  read: (source) => ({ [name]: hexOf(source.fixed(32)) }),
});

const version = (name: 'specVersion' | 'transactionVersion'): Part => ({
  write: (facts) => numberBytes(BigInt(facts[name]), 4),
  read: (source) => ({ [name]: source.u32() }),
});

const NONE: Part = {
  write: () => Uint8Array.of(0),
  read: (source) => {
    if (source.u8() !== 0) throw undecodable('an extension has a value that this client does not make');
    return {};
  },
};

const MORTALITY: Extension = {
  inside: {
    write: ({ era }) => encodeEra(era),
    read: (source) => {
      const era = decodeEra(source.u8(), () => source.u8());
      if (era === null) throw undecodable('the era never ends');
      return era;
    },
  },
  signed: hash('birthHash'),
};

/** These encodings follow frame_system, pallet_transaction_payment and their like. */
const KNOWN: Readonly<Record<string, Extension>> = {
  CheckGenesis: { signed: hash('genesis') },
  CheckSpecVersion: { signed: version('specVersion') },
  CheckTxVersion: { signed: version('transactionVersion') },
  CheckMortality: MORTALITY,
  CheckEra: MORTALITY,
  CheckNonce: {
    inside: {
      write: ({ nonce }, asType) => asType(nonce.toString()),
      read: (_source, asType) => ({ nonce: Number(asType()) }),
    },
  },
  ChargeTransactionPayment: {
    inside: {
      write: ({ tip }, asType) => asType(tip.toString()),
      read: (_source, asType) => ({ tip: asType() }),
    },
  },
  // A tip, and no asset to pay with.
  ChargeAssetTxPayment: {
    inside: {
      write: ({ tip }) => Uint8Array.of(...compactBytes(tip), 0),
      read: (source, asType) => ({ tip: source.compact(), ...NONE.read(source, asType) }),
    },
  },
  // The hash of the metadata is not checked, and none is signed.
  CheckMetadataHash: { inside: NONE, signed: NONE },
};

function partOf(name: string, which: keyof Extension): Part | undefined {
  return Object.hasOwn(KNOWN, name) ? KNOWN[name]?.[which] : undefined;
}

/** The name of an extension of the runtime that has data, and is not known here; null if there is none. */
export function unknownExtension({ extensions, lookup }: ChainMetadata): string | null {
  const isUnknown = ({ name, type, additionalType }: TransactionExtension): boolean =>
    (partOf(name, 'inside') === undefined && lookup(type).type !== 'void') ||
    (partOf(name, 'signed') === undefined && lookup(additionalType).type !== 'void');
  return extensions.find(isUnknown)?.name ?? null;
}

/** The bytes of all extensions of the runtime, in its order, for a runtime without an unknown one. */
export function writeExtensions(
  metadata: ChainMetadata,
  which: keyof Extension,
  facts: ExtensionFacts,
): Uint8Array {
  const bytes = metadata.extensions.map(({ name, type }) => {
    const asType = (value: string): Uint8Array => encodeValue(metadata, type, value);
    return partOf(name, which)?.write(facts, asType) ?? new Uint8Array();
  });
  return Uint8Array.from(Buffer.concat(bytes));
}

/** The facts in the bytes of all extensions, for a runtime without an unknown one. Throws a CodecFault. */
export function readExtensions(
  metadata: ChainMetadata,
  which: keyof Extension,
  source: ScaleReader,
): Partial<PayloadFacts> {
  const found = metadata.extensions.map(({ name, type }) => {
    const asType = (): bigint => {
      const value = decodeValue(metadata, type, source);
      if (typeof value === 'number' || typeof value === 'string') return BigInt(value);
      throw undecodable('the bytes are not a number');
    };
    return partOf(name, which)?.read(source, asType);
  });
  return Object.assign({}, ...found);
}
