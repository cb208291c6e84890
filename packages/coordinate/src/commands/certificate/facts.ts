import { columns } from '@watchbill/kit';
import type { CertificateFile, Runtime } from '../../index.ts';
import { type GroupFile, hex } from '../group-document.ts';

/** The facts of a certificate in the terms of its group. Heights and windows are decimal texts. */
export interface CertificateFacts {
  readonly group: {
    readonly name: string;
    readonly id: string;
    readonly members: number;
    readonly quorum: number;
  };
  readonly window: string;
  readonly rank: number;
  readonly action: string;
  readonly resource: string;
  readonly scheduleVersion: number;
  /** `0x…`, SHA-256 of the value. */
  readonly value: string;
  readonly contentBytes: number;
  /**
   * The action may run from the first height up to, and without, the second; null for `noop` and for a
   * window that no chain reaches.
   */
  readonly lease: { readonly fromBlock: string; readonly untilBlock: string } | null;
  readonly signers: readonly { readonly seat: number; readonly name: string; readonly key: string | null }[];
}

export function factsOf(
  runtime: Runtime,
  file: GroupFile,
  { certificate }: CertificateFile,
): CertificateFacts {
  const { group, groupId } = file;
  const { version, window, rank, value, commits } = certificate;
  const members = group.members.length;
  const lease = runtime.leaseOf(group, certificate);
  return {
    group: { name: group.name, id: hex(groupId), members, quorum: runtime.quorumOf(members) },
    window: `${window}`,
    rank,
    action: value.action,
    resource: value.resource,
    scheduleVersion: version,
    value: hex(runtime.valueDigest(value)),
    contentBytes: value.content.length,
    lease: lease && { fromBlock: `${lease.fromBlock}`, untilBlock: `${lease.untilBlock}` },
    signers: commits.map(({ seat }) => {
      const member = group.members[seat];
      return {
        seat,
        name: member?.name ?? '?',
        key: member === undefined ? null : runtime.publicKeyText(member),
      };
    }),
  };
}

/** Rows for people, below a first line of the command. */
export function factsText(facts: CertificateFacts): string {
  const { group, window, rank, action, resource, lease, signers, value, contentBytes, scheduleVersion } =
    facts;
  const rows: readonly (readonly [string, string])[] = [
    ['group', `${group.name} ${group.id}`],
    ['window', `${window}, rank ${rank}, schedule version ${scheduleVersion}`],
    ['action', `${action} on ${resource}, ${contentBytes} bytes of content`],
    ['value', value],
    ['lease', lease === null ? 'none' : `from block ${lease.fromBlock} until ${lease.untilBlock}`],
    ['signed', `${signers.length} of ${group.members} members; ${group.quorum} make a quorum`],
    ...signers.map(({ seat, name, key }) => ['', `seat ${seat}  ${name}  ${key ?? 'no member'}`] as const),
  ];
  return columns(rows.map(([label, text]) => [`  ${label}`, text]));
}
