import { KEY_SCHEMES, type KeyScheme } from '../keys/port.ts';
import { type Window, type WindowSchedule, windowOf } from '../window.ts';
import { type ByteWriter, byteWriter } from './byte-writer.ts';
import { DIGEST_BYTES, taggedDigest } from './digest.ts';
import type { Cadence, QuorumGroup, QuorumSchedule, ScheduleVersion } from './group.ts';
import { MAX_KNOWN_VERSIONS, MAX_NAME_BYTES, MAX_PARAMETER_BYTES, MAX_RESOURCE_BYTES } from './limits.ts';
import type { KnownVersion } from './messages.ts';

/**
 * Names a group: SHA-256 over its whole content. Throws a RangeError for a group with a problem; see
 * `groupProblem`.
 */
export function groupId(group: QuorumGroup): Uint8Array {
  const writer = byteWriter();
  writer.text(group.name, MAX_NAME_BYTES);
  writer.fixed(group.genesis, DIGEST_BYTES);
  writer.name(group.resource, MAX_RESOURCE_BYTES);
  writer.u64(group.windows.frequencyBlocks);
  writer.u64(group.windows.rankBlocks);
  writer.u8(group.windows.rankCount);
  writer.u64(group.windows.certificateBlocks);
  writer.u16(group.members.length);
  for (const { name, scheme, publicKey } of group.members) {
    writer.text(name, MAX_NAME_BYTES);
    writer.u8(KEY_SCHEMES.indexOf(scheme) + 1);
    writer.fixed(publicKey, publicKeyBytes(scheme));
  }
  if (group.predecessor !== undefined) writer.fixed(group.predecessor, DIGEST_BYTES);
  return taggedDigest('watchbill/quorum/group/1', writer.finish());
}

/** Names the content of a version of the schedule. Throws a RangeError for one with a problem. */
export function scheduleDigest(version: ScheduleVersion): Uint8Array {
  const writer = byteWriter();
  writer.u32(version.version);
  writer.u64(version.fromHeight);
  writer.u8(version.seedSource === 'block-hash' ? 1 : 2);
  writer.u64(version.stageBlocks);
  writer.u16(version.agenda.length);
  for (const { action, cadence, validityBlocks, parameters } of version.agenda) {
    writer.name(action, MAX_NAME_BYTES);
    writeCadence(writer, cadence);
    writer.u64(validityBlocks);
    writer.text(parameters, MAX_PARAMETER_BYTES);
  }
  return taggedDigest('watchbill/quorum/schedule/1', writer.finish());
}

/** The windows of a group, as the engine needs them: active up to the end of the time for certificates. */
export function windowSchedule({ windows }: QuorumGroup): WindowSchedule {
  const { frequencyBlocks, rankBlocks, rankCount, certificateBlocks } = windows;
  return {
    frequencyBlocks,
    activeBlocks: rankBlocks * BigInt(rankCount) + certificateBlocks,
    passiveBlocks: 0n,
  };
}

const HEIGHTS = 2n ** 64n;

/** The window of an index from outside, or null if no chain reaches it. */
export function reachableWindow(group: QuorumGroup, index: bigint): Window | null {
  if (index < 1n) return null;
  const window = windowOf(windowSchedule(group), index);
  return window.activeEnd < HEIGHTS ? window : null;
}

/** The version in force at a height. Throws a RangeError for a schedule that does not begin at 0. */
export function versionAt(schedule: QuorumSchedule, height: bigint): ScheduleVersion {
  const version = schedule.findLast(({ fromHeight }) => fromHeight <= height);
  if (version === undefined) throw new RangeError(`no version of the schedule is in force at ${height}`);
  return version;
}

/** The newest versions of a schedule, as a `hello` carries them. */
export function knownVersions(schedule: QuorumSchedule): readonly KnownVersion[] {
  return schedule.slice(-MAX_KNOWN_VERSIONS).map((version) => {
    return {
      version: version.version,
      fromHeight: version.fromHeight,
      digest: scheduleDigest(version),
    };
  });
}

export function publicKeyBytes(scheme: KeyScheme): number {
  return scheme === 'secp256k1' ? 33 : 32;
}

function writeCadence(writer: ByteWriter, cadence: Cadence): void {
  if (cadence.kind === 'every') {
    writer.u8(1);
    writer.u64(cadence.windows);
    writer.u64(cadence.offset);
  } else {
    writer.u8(2);
    writer.u32(cadence.perMillion);
  }
}
