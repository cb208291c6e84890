import { KEY_SCHEMES } from '../keys/port.ts';
import { scheduleProblem } from '../window.ts';
import { NAME_PATTERN } from './byte-writer.ts';
import { DIGEST_BYTES, hexOf } from './digest.ts';
import type { AgendaItem, QuorumGroup, QuorumMember, QuorumSchedule, ScheduleVersion } from './group.ts';
import { publicKeyBytes, windowSchedule } from './identity.ts';
import {
  MAX_AGENDA_ITEMS,
  MAX_BLOCKS,
  MAX_MEMBERS,
  MAX_NAME_BYTES,
  MAX_PARAMETER_BYTES,
  MAX_RANKS,
  MAX_RESOURCE_BYTES,
} from './limits.ts';
import { HAND_OVER } from './self.ts';

/** The problem with a group, or null: then it has an id, and all of its windows can be planned. */
export function groupProblem(group: QuorumGroup): string | null {
  if (!isTitle(group.name)) return `the name of a group must be ${TITLE}`;
  if (group.genesis.length !== DIGEST_BYTES)
    return `the genesis hash must have ${DIGEST_BYTES} bytes; got ${group.genesis.length}`;
  if (!isName(group.resource, MAX_RESOURCE_BYTES)) {
    return `the resource must be 1 to ${MAX_RESOURCE_BYTES} printable ASCII characters without blanks`;
  }
  if (group.predecessor !== undefined && group.predecessor.length !== DIGEST_BYTES)
    return `the id of the predecessor must have ${DIGEST_BYTES} bytes; got ${group.predecessor.length}`;
  return geometryProblem(group) ?? membersProblem(group.members);
}

/** The problem with a schedule, or null. */
export function scheduleVersionsProblem(schedule: QuorumSchedule): string | null {
  if (schedule[0]?.fromHeight !== 0n) return 'the first version of a schedule must be in force from height 0';
  for (const [i, version] of schedule.entries()) {
    const before = schedule[i - 1];
    const isLater =
      before === undefined || (version.version > before.version && version.fromHeight > before.fromHeight);
    const problem = isLater
      ? versionProblem(version)
      : 'its number and its height must be above those of the version before it';
    if (problem !== null) return `version ${version.version}: ${problem}`;
  }
  return null;
}

function geometryProblem(group: QuorumGroup): string | null {
  const { frequencyBlocks, rankBlocks, rankCount, certificateBlocks } = group.windows;
  if (!Number.isInteger(rankCount) || rankCount < 1 || rankCount > MAX_RANKS) {
    return `rankCount must be 1 to ${MAX_RANKS}; got ${rankCount}`;
  }
  if (![frequencyBlocks, rankBlocks, certificateBlocks].every(isBlocks)) {
    return `frequencyBlocks, rankBlocks and certificateBlocks must be 1 to ${MAX_BLOCKS}`;
  }
  return scheduleProblem(windowSchedule(group));
}

function membersProblem(members: readonly QuorumMember[]): string | null {
  if (members.length < 1 || members.length > MAX_MEMBERS)
    return `a group must have 1 to ${MAX_MEMBERS} members; got ${members.length}`;
  for (const { name, scheme, publicKey } of members) {
    if (!isTitle(name)) return `the name of a member must be ${TITLE}`;
    if (!KEY_SCHEMES.includes(scheme))
      return `${name}: the scheme of a key must be one of ${KEY_SCHEMES.join(', ')}`;
    if (publicKey.length !== publicKeyBytes(scheme)) {
      return `${name}: a public key of ${scheme} must have ${publicKeyBytes(scheme)} bytes; got ${publicKey.length}`;
    }
  }
  const name = repeated(members.map((member) => member.name));
  if (name !== null) return `two members have the name ${name}`;
  const key = repeated(members.map(({ scheme, publicKey }) => `${scheme} ${hexOf(publicKey)}`));
  return key === null ? null : `two members have the key ${key}`;
}

function versionProblem({ version, seedSource, stageBlocks, agenda }: ScheduleVersion): string | null {
  if (!Number.isInteger(version) || version < 1 || version >= 2 ** 32)
    return 'its number must be a whole number from 1 to 4294967295';
  if (seedSource !== 'block-hash' && seedSource !== 'epoch-randomness')
    return 'seedSource must be block-hash or epoch-randomness';
  if (!isBlocks(stageBlocks)) return 'stageBlocks must be 1 or more';
  if (agenda.length > MAX_AGENDA_ITEMS)
    return `an agenda can have at most ${MAX_AGENDA_ITEMS} actions; got ${agenda.length}`;
  for (const item of agenda) {
    const problem = itemProblem(item);
    if (problem !== null) return `action ${item.action}: ${problem}`;
  }
  const action = repeated(agenda.map((item) => item.action));
  return action === null
    ? null
    : `the action ${action} is listed twice: members agree on a name, so an agenda can list each action once`;
}

/** `noop` is always allowed; the draw of `submit` is that of the submitters. */
const RESERVED_ACTIONS: readonly string[] = ['noop', 'submit'];

function itemProblem({ action, cadence, validityBlocks, parameters }: AgendaItem): string | null {
  if (!isName(action, MAX_NAME_BYTES))
    return `its name must be 1 to ${MAX_NAME_BYTES} printable ASCII characters without blanks`;
  if (RESERVED_ACTIONS.includes(action)) return 'the name is reserved; choose another one';
  if (cadence.kind === 'drawn') {
    const { perMillion } = cadence;
    if (!Number.isInteger(perMillion) || perMillion < 1 || perMillion > 1_000_000) {
      return `drawnPerMillion must be 1 to 1000000; got ${perMillion}`;
    }
  } else if (!isBlocks(cadence.windows) || cadence.offset < 0n || cadence.offset >= cadence.windows) {
    return '`every` must be 1 or more, and `offset` below it';
  }
  if (!isBlocks(validityBlocks)) return 'validityBlocks must be 1 or more';
  if (action === HAND_OVER && validityBlocks !== MAX_BLOCKS)
    return `its validityBlocks must be ${MAX_BLOCKS}, so that this group never acts again; got ${validityBlocks}`;
  return isCanonicalJson(parameters)
    ? null
    : `its parameters must be canonical JSON (keys in order, no blanks) of at most ${MAX_PARAMETER_BYTES} bytes`;
}

/** Whether JSON text is canonical: keys sorted, no space, each number as it is printed. */
function isCanonicalJson(text: string): boolean {
  if (!text.isWellFormed() || Buffer.byteLength(text) > MAX_PARAMETER_BYTES) return false;
  try {
    return JSON.stringify(JSON.parse(text), sortedKeys) === text;
  } catch {
    return false;
  }
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const TITLE = `1 to ${MAX_NAME_BYTES} bytes of text without control characters`;

function isTitle(text: string): boolean {
  const isPlain = text.isWellFormed() && !/\p{Cc}/u.test(text);
  return text !== '' && isPlain && Buffer.byteLength(text) <= MAX_NAME_BYTES;
}

function isName(text: string, maxLength: number): boolean {
  return text.length <= maxLength && NAME_PATTERN.test(text);
}

function isBlocks(blocks: bigint): boolean {
  return blocks >= 1n && blocks <= MAX_BLOCKS;
}

function repeated(texts: readonly string[]): string | null {
  return texts.find((text, i) => texts.indexOf(text) < i) ?? null;
}
