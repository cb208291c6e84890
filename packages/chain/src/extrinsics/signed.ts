import { createV4Tx } from '@polkadot-api/signers-common';
import { CodecFault, caught } from '../scale/codec-fault.ts';
import type { ExtensionFacts } from './extensions.ts';
import { blake2Hash } from './hash.ts';
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
const SCHEMES: ReadonlyMap<string, 'Sr25519' | 'Ed25519'> = new Map([
  ['sr25519', 'Sr25519'],
  ['ed25519', 'Ed25519'],
]);

/** An extrinsic of version 4, signed. The same parts and a deterministic signer give the same bytes. */
export function signedExtrinsic({ metadata, signer, call, ...facts }: ExtrinsicParts): SignedExtrinsic {
  const { scheme, publicKey } = signer;
  if (!SCHEMES.has(scheme)) return unsupportedScheme(scheme);
  const writing = unsignedPayload(metadata, call, facts);
  if (writing.result === 'refused') return writing;
  const signature = signer.sign(signedMessage(writing.parts.payload));
  return assembleExtrinsic(metadata, writing.parts, { publicKey, signature, scheme });
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
  { call, inside }: UnsignedPayload,
  { publicKey, signature, scheme: name }: ExtrinsicSignature,
): SignedExtrinsic {
  const scheme = SCHEMES.get(name);
  if (scheme === undefined) return unsupportedScheme(name);
  const bytes = caught(() => createV4Tx(metadata.unified, publicKey, signature, [inside], call, scheme));
  if (!(bytes instanceof CodecFault)) return { result: 'signed', bytes, hash: blake2Hash(bytes) };
  return {
    result: 'refused',
    code: 'unsupported-runtime',
    detail: 'the runtime does not accept extrinsics of version 4 in their usual form',
  };
}

function unsupportedScheme(scheme: string): SignedExtrinsic {
  const detail = `extrinsics are signed with sr25519 or ed25519, not ${scheme}`;
  return { result: 'refused', code: 'unsupported-scheme', detail };
}
