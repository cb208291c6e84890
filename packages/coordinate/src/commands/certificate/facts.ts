import { columns } from '@watchbill/kit';
import type { CertificateFile, Runtime } from '../../index.ts';
import { type GroupFile, hex } from '../group-document.ts';

export type CertificateFacts = ReturnType<typeof factsOf>;

/** The facts of a certificate in the terms of its group. Heights and windows are decimal texts. */
export function factsOf(runtime: Runtime, file: GroupFile, { certificate }: CertificateFile) {
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
    /** `0x…`, SHA-256 of the value. */
    value: hex(runtime.valueDigest(value)),
    contentBytes: value.content.length,
    /**
     * The action may run from the first height up to, and without, the second; null for `noop` and for a
     * window that no chain reaches.
     */
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
