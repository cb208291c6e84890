import type { VerifySignature } from '../keys/port.ts';
import { lastWindow } from '../window.ts';
import { canonicalJson } from '../wire/canonical-json.ts';
import { type CertificateFile, checkCertificateFile } from './certificate-file.ts';
import { hexOf, sameBytes } from './digest.ts';
import type { QuorumGroup, QuorumSchedule } from './group.ts';
import { groupId, reachableWindow, windowSchedule } from './identity.ts';
import { longestLease } from './lease.ts';
import { HAND_OVER } from './self.ts';

/** A group with its schedule, as a group file has them. */
export interface ScheduledGroup {
  readonly group: QuorumGroup;
  readonly schedule: QuorumSchedule;
}

/** The height from which a group may act on the resource of its predecessor, or the reason why it may not. */
export type TakeOver =
  | { readonly ok: true; readonly heldFrom: bigint }
  | { readonly ok: false; readonly why: string };

/** The content of a hand-over: canonical JSON, for example `{"group":"0x44ab…","name":"payouts"}`. */
export function handOverContent(successor: QuorumGroup): Uint8Array {
  const record = { group: `0x${hexOf(groupId(successor))}`, name: successor.name };
  return new TextEncoder().encode(canonicalJson(record));
}

/** Why a group cannot take over from an old one, even with any signatures of the old one; null if it can. */
export function successionProblem(group: QuorumGroup, old: QuorumGroup): string | null {
  const id = groupId(old);
  if (group.predecessor === undefined)
    return 'the new group names no predecessor; create it with the old group as predecessor';
  if (!sameBytes(group.predecessor, id))
    return `the new group names the predecessor 0x${hexOf(group.predecessor)}, but the old group is 0x${hexOf(id)}`;
  if (!sameBytes(group.genesis, old.genesis)) return 'the groups are on different chains';
  return group.resource === old.resource
    ? null
    : `the new group is for the resource ${group.resource}, the old one for ${old.resource}`;
}

/**
 * Checks the hand-over of an old group, with the two group files alone. The old group certifies nothing after
 * it: its lease does not end, and leases of one group never overlap. Never throws.
 */
export function takeOverOf(
  group: QuorumGroup,
  old: ScheduledGroup,
  file: CertificateFile,
  verify: VerifySignature,
): TakeOver {
  const problem =
    successionProblem(group, old.group) ?? checkCertificateFile(old.group, old.schedule, file, verify);
  if (problem !== null) return { ok: false, why: problem };
  const { window, value } = file.certificate;
  if (value.action !== HAND_OVER)
    return { ok: false, why: `the certificate is for the action ${value.action}, not for ${HAND_OVER}` };
  if (value.resource !== group.resource)
    return {
      ok: false,
      why: `the certificate is for the resource ${value.resource}, not for ${group.resource}`,
    };
  if (!sameBytes(value.content, handOverContent(group)))
    return { ok: false, why: 'the old group handed over to another group' };
  const reachable = reachableWindow(old.group, window);
  return reachable === null
    ? { ok: false, why: 'the old group has no such window' }
    : { ok: true, heldFrom: reachable.end };
}

/**
 * The same if an operator states that the old group signed nothing after a height. The new group may act once
 * the longest lease from a window up to that height has ended. Never throws.
 */
export function takeOverAfterStop(group: QuorumGroup, old: ScheduledGroup, stoppedAt: bigint): TakeOver {
  const problem = successionProblem(group, old.group);
  if (problem !== null) return { ok: false, why: problem };
  const last = lastWindow(windowSchedule(old.group), stoppedAt);
  if (last === null) return { ok: true, heldFrom: stoppedAt };
  return { ok: true, heldFrom: last.end + longestLease(old.schedule) };
}
