import { bytesOfHex } from '@watchbill/chain';
import { compactBytes } from '@watchbill/chain/extrinsics';
import type { SigningRequest, SigningScheme } from './port.ts';

// The format of Polkadot Vault: paritytech.github.io/parity-signer/development/UOS.html. Decision 0024 has a
// table of it.

const SUBSTRATE = 0x53;
/** Transactions of any mortality. */
const TRANSACTION = 0x02;
const KEY_TYPES = { ed25519: 0x00, sr25519: 0x01 } as const;
const PLAIN_FRAME = 0x00;
/** Bytes of content in one frame: a QR code of 113 modules at the lowest error correction. */
const FRAME_BYTES = 1_024;
/** A person scans each frame. A nomination of 24 targets through an announced proxy needs one. */
const MOST_FRAMES = 16;

export type VaultFrames =
  | { readonly ok: true; readonly frames: readonly Uint8Array[] }
  | { readonly ok: false; readonly why: string };

/**
 * The contents of the QR codes by which Polkadot Vault reads a request, in order; each has at most 1,029
 * bytes. Not ok if the request is too long, or if its payload does not begin with its call.
 */
export function vaultFrames(
  { account, call, payload, genesis }: SigningRequest,
  scheme: SigningScheme,
): VaultFrames {
  if (!payload.startsWith(call)) return { ok: false, why: 'the payload does not begin with the call' };
  const content = Buffer.concat([
    Uint8Array.of(SUBSTRATE, KEY_TYPES[scheme], TRANSACTION),
    bytesOfHex(account, 'the account'),
    compactBytes(BigInt((call.length - 2) / 2)),
    bytesOfHex(payload, 'the payload'),
    bytesOfHex(genesis, 'the genesis'),
  ]);
  const count = Math.ceil(content.length / FRAME_BYTES);
  if (count > MOST_FRAMES)
    return {
      ok: false,
      why: `the request has ${content.length} bytes; QR codes hold at most ${MOST_FRAMES * FRAME_BYTES} (${MOST_FRAMES} frames)`,
    };
  return { ok: true, frames: Array.from({ length: count }, (_, index) => frameOf(content, index, count)) };
}

function frameOf(content: Buffer, index: number, count: number): Uint8Array {
  const head = Buffer.alloc(5, PLAIN_FRAME);
  head.writeUInt16BE(count, 1);
  head.writeUInt16BE(index, 3);
  return Buffer.concat([head, content.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES)]);
}

/**
 * The plain signature, `0x` and 128 digits, of a text as Vault shows it: hex, with or without `0x`, with or
 * without the byte of the key type before it. Every other text is returned unchanged.
 */
export function plainSignature(text: string, scheme: SigningScheme): string {
  const [, type, signature] = /^(?:0x)?([0-9a-f]{2})?([0-9a-f]{128})$/.exec(text.trim().toLowerCase()) ?? [];
  const isOfScheme = type === undefined || Number.parseInt(type, 16) === KEY_TYPES[scheme];
  return signature !== undefined && isOfScheme ? `0x${signature}` : text;
}
