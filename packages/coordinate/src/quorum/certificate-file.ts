import type { VerifySignature } from '../keys/port.ts';
import { checkCertificate, decodeCertificate, encodeCertificate } from './certificate.ts';
import { hexOf, sameBytes } from './digest.ts';
import type { Evidence } from './evidence.ts';
import type { QuorumGroup, QuorumSchedule } from './group.ts';
import { groupId, reachableWindow } from './identity.ts';
import type { Certificate } from './messages.ts';
import { MAX_PROOF_TEXT, proofBytes, proofText } from './proof-file.ts';
import { NOOP } from './self.ts';
import { contradictionsOf } from './two-certificates.ts';
import { valueDigest } from './value.ts';

/** A certificate with the group that it names. */
export interface CertificateFile {
  /** 32 bytes. Every signature covers it, so it cannot be replaced. */
  readonly groupId: Uint8Array;
  readonly certificate: Certificate;
}

/**
 * A certificate as a file; see `proofText`. One text per certificate. Example: `{ "type":
 * "watchbill/quorum/certificate/1", "group": "28…", "version": 1, "window": "6", …, "bytes": "77…" }`.
 * Throws like `encodeCertificate`.
 */
export function certificateText({ groupId, certificate }: CertificateFile): string {
  const { version, window, rank, value, commits } = certificate;
  const { action, resource, validityBlocks, referenceHash, content } = value;
  const shown = {
    group: groupId,
    ...{ version, window, rank },
    value: { action, resource, validityBlocks, referenceHash, content },
    commits: commits.map(({ seat }) => ({ seat })),
  };
  return proofText('watchbill/quorum/certificate/1', shown, encodeCertificate(certificate));
}

/**
 * The certificate of a text, or the problem with the text. The readable part must match the bytes. Does not
 * check the signatures; see `checkCertificateFile`. Never throws.
 */
export function readCertificateText(
  text: string,
): ({ readonly ok: true } & CertificateFile) | { readonly ok: false; readonly why: string } {
  if (text.length > MAX_PROOF_TEXT)
    return { ok: false, why: `it has more than ${MAX_PROOF_TEXT} characters` };
  const bytes = proofBytes(text);
  const certificate = bytes === null ? null : decodeCertificate(bytes);
  const group = /^ {2}"group": "([0-9a-f]{64})",$/m.exec(text)?.[1];
  if (certificate === null || group === undefined) return { ok: false, why: 'it is not a certificate file' };
  const groupId = Uint8Array.from(Buffer.from(group, 'hex'));
  if (certificateText({ groupId, certificate }) !== text)
    return { ok: false, why: 'its readable fields do not match its bytes' };
  return { ok: true, groupId, certificate };
}

/**
 * Why the certificate in a file proves nothing for this group, or null. Needs no chain and no key. Never
 * throws.
 */
export function checkCertificateFile(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  { groupId: named, certificate }: CertificateFile,
  verify: VerifySignature,
): string | null {
  if (!sameBytes(named, groupId(group))) return `it belongs to another group: 0x${hexOf(named)}`;
  return checkCertificate(group, schedule, certificate, verify);
}

/**
 * Evidence against every member that signed both certificates, or the reason why there is none. Never
 * throws.
 */
export function compareCertificateFiles(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  [one, other]: readonly [CertificateFile, CertificateFile],
  verify: VerifySignature,
): { readonly evidence: readonly Evidence[] } | { readonly why: string } {
  for (const [name, file] of [['first', one] as const, ['second', other] as const]) {
    const problem = checkCertificateFile(group, schedule, file, verify);
    if (problem !== null) return { why: `the ${name} certificate is not valid: ${problem}` };
  }
  const why = differenceProblem(one.certificate, other.certificate);
  if (why !== null) return { why };
  return { evidence: contradictionsOf(group, schedule, one.certificate, other.certificate, verify) };
}

function differenceProblem(one: Certificate, other: Certificate): string | null {
  if (one.window !== other.window)
    return `the certificates are for different windows: ${one.window} and ${other.window}`;
  if (one.rank !== other.rank)
    return `the certificates are for different ranks: ${one.rank} and ${other.rank}; a member may commit again in a later rank`;
  return sameBytes(valueDigest(one.value), valueDigest(other.value))
    ? 'the certificates agree on the same value'
    : null;
}

/** The heights at which the action of a certificate may run. */
export interface Lease {
  readonly fromBlock: bigint;
  /** The first height at which it may no longer run. */
  readonly untilBlock: bigint;
}

/** The lease of a certificate, or null for `noop` and for a window that does not exist. Never throws. */
export function leaseOf(group: QuorumGroup, { window, value }: Certificate): Lease | null {
  const reachable = value.action === NOOP ? null : reachableWindow(group, window);
  return reachable && { fromBlock: reachable.end, untilBlock: reachable.end + value.validityBlocks };
}
