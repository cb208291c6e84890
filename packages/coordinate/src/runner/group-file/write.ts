import { hexOf } from '@watchbill/chain';
import { publicKeyText } from '../../keys/public-key-text.ts';
import type { AgendaItem } from '../../quorum/group.ts';
import type { GroupFile } from './read.ts';
import { GROUP_FORMAT } from './schema.ts';

/** The document of a group, as plain data for YAML or JSON; reading it gives the same group. */
export function groupDocument({ group, schedule, groupId, addresses }: GroupFile): unknown {
  const { frequencyBlocks, rankBlocks, rankCount, certificateBlocks } = group.windows;
  return {
    format: GROUP_FORMAT,
    id: hexOf(groupId),
    ...(group.predecessor === undefined ? {} : { predecessor: hexOf(group.predecessor) }),
    name: group.name,
    genesis: hexOf(group.genesis),
    resource: group.resource,
    windows: {
      frequencyBlocks: plain(frequencyBlocks),
      rankBlocks: plain(rankBlocks),
      rankCount,
      certificateBlocks: plain(certificateBlocks),
    },
    members: group.members.map((member, seat) => ({
      name: member.name,
      key: publicKeyText(member),
      addresses: addresses[seat] ?? [],
    })),
    schedule: schedule.map(({ version, fromHeight, seedSource, stageBlocks, agenda }) => ({
      version,
      fromHeight: plain(fromHeight),
      seedSource,
      stageBlocks: plain(stageBlocks),
      agenda: agenda.map(itemDocument),
    })),
  };
}

function itemDocument({ action, cadence, validityBlocks, parameters }: AgendaItem): unknown {
  const due =
    cadence.kind === 'every'
      ? { every: plain(cadence.windows), offset: plain(cadence.offset) }
      : { drawnPerMillion: cadence.perMillion };
  return {
    action,
    ...due,
    validityBlocks: plain(validityBlocks),
    parameters: JSON.parse(parameters) as unknown,
  };
}

/** A number if it is exact, otherwise its text. */
function plain(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}
