import { bytesOfHex } from '../scale/hex.ts';
import { compactBytes, numberBytes } from '../scale/number-bytes.ts';
import { encodeEra, type MortalEra } from './era.ts';
import type { ChainMetadata, TransactionExtension } from './metadata.ts';
import { encodeValue } from './value-encode.ts';

/** The values for the extensions of a signed extrinsic. */
export interface ExtensionFacts {
  readonly nonce: number;
  /** Planck. */
  readonly tip: bigint;
  readonly era: MortalEra;
  /** `0x…`, hash of the block at which the era begins. */
  readonly birthHash: string;
  /** `0x…`, hash of block 0. */
  readonly genesis: string;
  readonly specVersion: number;
  readonly transactionVersion: number;
}

/** The bytes of one extension in the extrinsic, and its additional signed bytes. */
export interface FilledExtension {
  readonly inside: Uint8Array;
  readonly signed: Uint8Array;
}

const NOTHING = new Uint8Array();
const ZERO = Uint8Array.of(0);

/** Writes a value by the extension's own type. */
type TypeWriter = (value: number | string) => FilledExtension;
type Fill = (facts: ExtensionFacts, write: TypeWriter) => FilledExtension;

/** These encodings follow frame_system, pallet_transaction_payment and their like. */
const KNOWN: Readonly<Record<string, Fill>> = {
  CheckGenesis: ({ genesis }) => ({ inside: NOTHING, signed: bytesOfHex(genesis, 'the genesis hash') }),
  CheckSpecVersion: ({ specVersion }) => ({ inside: NOTHING, signed: numberBytes(BigInt(specVersion), 4) }),
  CheckTxVersion: ({ transactionVersion }) => ({
    inside: NOTHING,
    signed: numberBytes(BigInt(transactionVersion), 4),
  }),
  CheckMortality: mortality,
  CheckEra: mortality,
  CheckNonce: ({ nonce }, write) => write(nonce),
  ChargeTransactionPayment: ({ tip }, write) => write(tip.toString()),
  // A tip, and no asset to pay with.
  ChargeAssetTxPayment: ({ tip }) => ({ inside: Uint8Array.of(...compactBytes(tip), 0), signed: NOTHING }),
  // The hash of the metadata is not checked, and none is signed.
  CheckMetadataHash: () => ({ inside: ZERO, signed: ZERO }),
};

function mortality({ era, birthHash }: ExtensionFacts): FilledExtension {
  return { inside: encodeEra(era), signed: bytesOfHex(birthHash, 'the hash of the checkpoint') };
}

/** All extensions of the runtime, in its order; or the name of an unknown one that needs data. */
export function filledExtensions(
  metadata: ChainMetadata,
  facts: ExtensionFacts,
): readonly FilledExtension[] | { readonly unknown: string } {
  const filled: FilledExtension[] = [];
  for (const extension of metadata.extensions) {
    const fill = Object.hasOwn(KNOWN, extension.name) ? KNOWN[extension.name] : undefined;
    if (fill === undefined && !isEmpty(metadata, extension)) return { unknown: extension.name };
    const write = (value: number | string): FilledExtension => ({
      inside: encodeValue(metadata, extension.type, value),
      signed: NOTHING,
    });
    filled.push(fill === undefined ? { inside: NOTHING, signed: NOTHING } : fill(facts, write));
  }
  return filled;
}

function isEmpty({ lookup }: ChainMetadata, { type, additionalType }: TransactionExtension): boolean {
  return lookup(type).type === 'void' && lookup(additionalType).type === 'void';
}
