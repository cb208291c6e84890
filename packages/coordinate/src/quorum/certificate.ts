import type { VerifySignature } from '../keys/port.ts';
import { type ByteReader, malformed, readBytes } from './byte-reader.ts';
import { byteWriter } from './byte-writer.ts';
import type { QuorumGroup, QuorumSchedule } from './group.ts';
import { reachableWindow } from './identity.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import type { Certificate, Value, Vote } from './messages.ts';
import { placeOf } from './plan.ts';
import { checkVotes } from './proof.ts';
import { readVotes, writeVotes } from './proof-codec.ts';
import type { WindowPlace } from './signing.ts';
import { readValue, valueDigest, writeValue } from './value.ts';

const TAG = Buffer.from('watchbill/quorum/certificate/1', 'ascii');

/** The certificate that the commits of a rank for a value make, if any. */
export function certificateOf(
  { version, window }: WindowPlace,
  rank: number,
  value: Value,
  commits: readonly Vote[],
): Certificate {
  const inOrder = commits.toSorted((a, b) => a.seat - b.seat);
  return { version: version.version, window: window.index, rank, value, commits: inOrder };
}

/** The one encoding of a certificate. Throws a RangeError if a part does not fit. */
export function encodeCertificate({ version, window, rank, value, commits }: Certificate): Uint8Array {
  const writer = byteWriter();
  writer.fixed(TAG, TAG.length);
  writer.u32(version);
  writer.u64(window);
  writer.u8(rank);
  writeValue(writer, value);
  writeVotes(writer, commits);
  return writer.finish();
}

/**
 * The certificate in the bytes, or null if they are not a certificate. Does not check its signatures. Never
 * throws.
 */
export function decodeCertificate(bytes: Uint8Array): Certificate | null {
  return bytes.length > MAX_MESSAGE_BYTES ? null : (readBytes(bytes, readCertificate)?.value ?? null);
}

function readCertificate(reader: ByteReader): Certificate {
  if (!TAG.equals(reader.fixed(TAG.length))) malformed();
  return {
    version: reader.u32(),
    window: reader.u64(),
    rank: reader.u8(),
    value: readValue(reader),
    commits: readVotes(reader),
  };
}

/** Why a certificate proves nothing for this group, or null. Needs no chain. Never throws. */
export function checkCertificate(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  certificate: Certificate,
  verify: VerifySignature,
): string | null {
  const { version, window, rank, value, commits } = certificate;
  const known = reachableWindow(group, window);
  if (known === null) return 'the group has no such window';
  const place = placeOf(group, schedule, known);
  if (place.version.version !== version) {
    return `it names version ${version} of the schedule; in that window, version ${place.version.version} is in force`;
  }
  if (rank >= group.windows.rankCount) return `a window has no rank ${rank}`;
  return checkVotes(place, rank, { kind: 'commit', digest: valueDigest(value) }, commits, verify);
}
