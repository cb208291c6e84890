import { publicKeyFromText } from '../../keys/public-key-text.ts';
import type {
  AgendaItem,
  Cadence,
  QuorumGroup,
  QuorumMember,
  QuorumSchedule,
  ScheduleVersion,
} from '../../quorum/group.ts';
import { groupProblem, scheduleVersionsProblem } from '../../quorum/group-checks.ts';
import { groupId } from '../../quorum/identity.ts';
import { canonicalJson } from '../../wire/canonical-json.ts';
import type { GroupDocument } from './schema.ts';

/** A group, as read from its file. */
export interface GroupFile {
  readonly group: QuorumGroup;
  readonly schedule: QuorumSchedule;
  /** 32 bytes. */
  readonly groupId: Uint8Array;
  /** By seat. */
  readonly addresses: readonly (readonly string[])[];
}

/** A problem at a place of the document. */
export interface GroupFileProblem {
  readonly path: readonly PropertyKey[];
  readonly what: string;
  readonly remedy: string;
}

/** The mistake in the parameters of an action, or null. An unknown action is a mistake too. */
export type ParametersProblem = (action: string, parameters: string) => string | null;

export type GroupFileRead =
  | { readonly ok: true; readonly file: GroupFile }
  | { readonly ok: false; readonly problems: readonly GroupFileProblem[] };

/** The group of a well-formed document, or all problems with it. */
export function readGroupDocument(
  document: GroupDocument,
  parametersProblem: ParametersProblem,
): GroupFileRead {
  const problems: GroupFileProblem[] = [];
  const members = document.members.map((member, seat) => memberOf(member, seat, problems));
  const schedule = document.schedule.map((version, place) =>
    versionOf(version, ['schedule', place], parametersProblem, problems),
  );
  const group: QuorumGroup = {
    name: document.name,
    genesis: bytesOf(document.genesis),
    resource: document.resource,
    windows: document.windows,
    members,
    ...(document.predecessor === undefined ? {} : { predecessor: bytesOf(document.predecessor) }),
  };
  if (problems.length === 0) problems.push(...wholeProblems(group, schedule, document.id));
  if (problems.length > 0) return { ok: false, problems };
  const addresses = document.members.map((member) => member.addresses);
  return { ok: true, file: { group, schedule, groupId: groupId(group), addresses } };
}

function memberOf(
  { name, key }: GroupDocument['members'][number],
  seat: number,
  problems: GroupFileProblem[],
): QuorumMember {
  const identity = publicKeyFromText(key);
  if (identity === null) {
    const what = `members.${seat}.key is not a public key of this form`;
    const remedy = 'write it as `watchbill coordinate init` printed it: ed25519:0x…';
    problems.push({ path: ['members', seat, 'key'], what, remedy });
  }
  return { name, ...(identity ?? { scheme: 'ed25519', publicKey: new Uint8Array(32) }) };
}

function versionOf(
  { version, fromHeight, seedSource, stageBlocks, agenda }: GroupDocument['schedule'][number],
  path: readonly PropertyKey[],
  parametersProblem: ParametersProblem,
  problems: GroupFileProblem[],
): ScheduleVersion {
  const items = agenda.map((item, place): AgendaItem => {
    const at = [...path, 'agenda', place];
    const { action, validityBlocks } = item;
    const parameters = canonicalJson(item.parameters);
    const wrong = parametersProblem(action, parameters);
    if (wrong !== null)
      problems.push({
        path: [...at, 'parameters'],
        what: `${action}: ${wrong}`,
        remedy: 'correct the agenda; `watchbill docs coordinate-actions` lists the parameters',
      });
    return { action, cadence: cadenceOf(item, at, problems), validityBlocks, parameters };
  });
  return { version, fromHeight, seedSource, stageBlocks, agenda: items };
}

function cadenceOf(
  { every, offset, drawnPerMillion }: GroupDocument['schedule'][number]['agenda'][number],
  path: readonly PropertyKey[],
  problems: GroupFileProblem[],
): Cadence {
  if (drawnPerMillion !== undefined && every === undefined)
    return { kind: 'drawn', perMillion: drawnPerMillion };
  if (every === undefined || drawnPerMillion !== undefined) {
    const what = 'an action needs one of `every` and `drawnPerMillion`';
    problems.push({ path, what, remedy: 'write `every: 1` for an action in each window, or one of the two' });
  }
  return { kind: 'every', windows: every ?? 1n, offset };
}

function wholeProblems(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  id: string | undefined,
): readonly GroupFileProblem[] {
  const wrongGroup = groupProblem(group);
  if (wrongGroup !== null)
    return [{ path: [], what: wrongGroup, remedy: 'correct the group; all members need the same file' }];
  const wrongSchedule = scheduleVersionsProblem(schedule);
  if (wrongSchedule !== null)
    return [{ path: ['schedule'], what: wrongSchedule, remedy: 'correct the versions of the schedule' }];
  const found = `0x${Buffer.from(groupId(group)).toString('hex')}`;
  if (id === undefined || id === found) return [];
  return [
    {
      path: ['id'],
      what: `the content of this file has the id ${found}, but it declares ${id}`,
      remedy:
        'the file was edited in a part that determines the id: get the file from another member, or remove the id to make a new group',
    },
  ];
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
}
