import { isRecord } from '@watchbill/kit';
import { CodecFault, caught, undecodable } from '../scale/codec-fault.ts';
import { type ScaleReader, scaleReader } from '../scale/reader.ts';
import { accountOfText } from './account.ts';
import { type Json, jsonMember } from './json.ts';
import type { ChainMetadata } from './metadata.ts';
import { decodeValue } from './value-decode.ts';

/** The signer of an extrinsic, and its nonce; null for unsigned extrinsics. */
export interface ExtrinsicAuthor {
  readonly account: Uint8Array;
  readonly nonce: number;
}

export interface ReadExtrinsic {
  readonly author: ExtrinsicAuthor | null;
  /** The bytes of the call. */
  readonly call: Uint8Array;
}

const SIGNED_V4 = 0x84;
const BARE = new Set([0x04, 0x05]);

/**
 * The part of an extrinsic before its call. Null if the extrinsic is of another version, or cannot be read.
 * Never throws.
 */
export function readExtrinsic(metadata: ChainMetadata, bytes: Uint8Array): ReadExtrinsic | null {
  const read = caught(() => {
    const source = scaleReader(bytes);
    if (source.compact() !== BigInt(source.left()))
      throw undecodable('the length is not that of the extrinsic');
    const version = source.u8();
    const author = version === SIGNED_V4 ? readAuthor(metadata, source) : null;
    if (author === null && !BARE.has(version)) throw undecodable(`version ${version} is not read`);
    return { author, call: Uint8Array.from(source.fixed(source.left())) };
  });
  return read instanceof CodecFault ? null : read;
}

function readAuthor(metadata: ChainMetadata, source: ScaleReader): ExtrinsicAuthor {
  const account = addressedAccount(decodeValue(metadata, metadata.addressType, source));
  decodeValue(metadata, metadata.signatureType, source);
  let nonce = Number.NaN;
  for (const { name, type } of metadata.extensions) {
    const value = decodeValue(metadata, type, source);
    if (name === 'CheckNonce') nonce = Number(value);
  }
  if (account === null || !Number.isSafeInteger(nonce)) throw undecodable('the author is not read');
  return { account, nonce };
}

/** The account in an address: plain, or in a `MultiAddress` of the kind `Id`. */
function addressedAccount(address: Json): Uint8Array | null {
  const text = isRecord(address) ? jsonMember(address, 'value') : address;
  return typeof text === 'string' ? accountOfText(text) : null;
}
