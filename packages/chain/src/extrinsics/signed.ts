import { createV4Tx } from '@polkadot-api/signers-common';
import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { CodecFault, caught } from '../scale/codec-fault.ts';
import { hexOf } from '../scale/hex.ts';
import type { ExtensionFacts } from './extensions.ts';
import type { ChainMetadata } from './metadata.ts';
import { signedMessage, type UnsignedPayload, unsignedPayload } from './payload.ts';

/** A signer of extrinsics. Secrets stay inside it. */
export interface ExtrinsicSigner {
  readonly scheme: string;
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

export interface ExtrinsicParts extends ExtensionFacts {
  readonly metadata: ChainMetadata;
  readonly call: Uint8Array;
  readonly signer: ExtrinsicSigner;
}

export type SignedExtrinsic =
  | {
      readonly result: 'signed';
      readonly bytes: Uint8Array;
      /** `0x…`, its name on the chain and its nodes. */
      readonly hash: string;
    }
  | {
      readonly result: 'refused';
      readonly code: 'unknown-extension' | 'unsupported-scheme' | 'unsupported-runtime';
      readonly detail: string;
    };

/** Schemes whose public key is the account, and whose signature has no additional byte. */
const SCHEMES: Readonly<Record<string, 'Sr25519' | 'Ed25519'>> = { sr25519: 'Sr25519', ed25519: 'Ed25519' };

/** An extrinsic of version 4, signed. The same parts and a deterministic signer give the same bytes. */
export function signedExtrinsic(parts: ExtrinsicParts): SignedExtrinsic {
  const { metadata, signer, call } = parts;
  const scheme = Object.hasOwn(SCHEMES, signer.scheme) ? SCHEMES[signer.scheme] : undefined;
  if (scheme === undefined) return unsupportedScheme(signer.scheme);
  const writing = unsignedPayload(metadata, call, parts);
  if (writing.result === 'refused') return writing;
  const signature = signer.sign(signedMessage(writing.parts.payload));
  return assembled(metadata, writing.parts, { publicKey: signer.publicKey, signature, scheme });
}

export interface ExtrinsicSignature {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  readonly scheme: string;
}

/** The extrinsic of a payload that was signed elsewhere. The caller checks the signature. */
export function assembleExtrinsic(
  metadata: ChainMetadata,
  payload: UnsignedPayload,
  { publicKey, signature, scheme: name }: ExtrinsicSignature,
): SignedExtrinsic {
  const scheme = Object.hasOwn(SCHEMES, name) ? SCHEMES[name] : undefined;
  if (scheme === undefined) return unsupportedScheme(name);
  return assembled(metadata, payload, { publicKey, signature, scheme });
}

function assembled(
  metadata: ChainMetadata,
  { call, inside }: UnsignedPayload,
  signed: ExtrinsicSignature & { readonly scheme: 'Sr25519' | 'Ed25519' },
): SignedExtrinsic {
  const { publicKey, signature, scheme } = signed;
  const bytes = caught(() => createV4Tx(metadata.unified, publicKey, signature, [inside], call, scheme));
  if (bytes instanceof CodecFault)
    return refusal(
      'unsupported-runtime',
      'the runtime does not accept extrinsics of version 4 in their usual form',
    );
  return { result: 'signed', bytes, hash: extrinsicHash(bytes) };
}

function unsupportedScheme(scheme: string): SignedExtrinsic {
  return refusal('unsupported-scheme', `extrinsics are signed with sr25519 or ed25519, not ${scheme}`);
}

/** `0x…`: blake2b of the whole extrinsic, its length included. */
export function extrinsicHash(bytes: Uint8Array): string {
  return hexOf(Blake2256(bytes));
}

function refusal(
  code: Extract<SignedExtrinsic, { result: 'refused' }>['code'],
  detail: string,
): SignedExtrinsic {
  return { result: 'refused', code, detail };
}
