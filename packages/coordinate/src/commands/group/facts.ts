import { counted, table, visible } from '@watchbill/kit';
import type { Runtime } from '../../index.ts';
import { type GroupFile, hex } from '../group-document.ts';

/** The facts that operators compare with each other before they run a group. */
export function groupText(runtime: Runtime, { group, schedule, groupId, addresses }: GroupFile): string {
  const { length } = group.members;
  const [quorum, faulty] = [runtime.quorumOf(length), runtime.faultyOf(length)];
  const { frequencyBlocks, rankBlocks, rankCount, certificateBlocks } = group.windows;
  const active = rankBlocks * BigInt(rankCount) + certificateBlocks;
  const versions = schedule.map((version) => {
    const digest = hex(runtime.scheduleDigest(version));
    const agenda = version.agenda.map(({ action }) => action).join(', ') || 'no action';
    return `schedule  version ${version.version} from height ${version.fromHeight}: ${agenda}; digest ${digest}\n`;
  });
  const few =
    faulty === 0
      ? `          with ${counted(length, 'member')} all are needed for everything; with 4 or more, one may be down\n`
      : '';
  const rows = group.members.map((member, seat) => [
    `${seat}`,
    member.name,
    runtime.publicKeyText(member),
    (addresses[seat] ?? []).join(' '),
  ]);
  return [
    visible(`group     ${group.name}, resource ${group.resource}`),
    '\n',
    `id        ${hex(groupId)}\n`,
    group.predecessor === undefined ? '' : `after     ${hex(group.predecessor)}\n`,
    `chain     ${hex(group.genesis)}\n`,
    `windows   every ${counted(frequencyBlocks, 'block')}: ${counted(rankCount, 'rank')} of ${rankBlocks}, ${certificateBlocks} for certificates, ${active} in all\n`,
    ...versions,
    `quorum    ${quorum} of ${length}; ${faulty} may fail in any way\n`,
    few,
    table(['seat', 'name', 'key', 'addresses'], rows),
  ].join('');
}
