import { type Finding, LIST_RULES, type ListRule, shown } from './finding.ts';
import type { JsonMember, JsonNode } from './json-source.ts';

/** The keys of an entry, with the required type of each value. */
const KEYS = {
  slotId: 'number',
  name: 'text',
  stash: 'text',
  kusamaStash: 'text',
  riotHandle: 'texts',
  kyc: 'boolean',
  skipSelfStake: 'boolean',
  networkIds: 'texts',
  city: 'text',
  region: 'text',
  country: 'text',
  provider: 'text',
  address: 'text',
} as const;
const REQUIRED = ['slotId', 'name', 'stash', 'riotHandle', 'kyc'] as const;

type Key = keyof typeof KEYS;

/** An entry after reading: keys that are missing or have a wrong type are absent. */
export interface RawEntry {
  readonly at: number;
  readonly line: number;
  readonly lines: Readonly<Partial<Record<Key, number>>>;
  readonly slotId?: number;
  readonly name?: string;
  readonly stash?: string;
  readonly kusamaStash?: string;
  readonly riotHandle?: readonly string[];
  readonly kyc?: boolean;
  readonly skipSelfStake?: boolean;
  readonly networkIds?: readonly string[];
  readonly city?: string;
  readonly region?: string;
  readonly country?: string;
  readonly provider?: string;
  readonly address?: string;
  readonly handleIsList: boolean;
}

/** A finding about one entry; `key` selects its line. */
export function findingOf(
  entry: RawEntry,
  rule: ListRule,
  key: Key | null,
  message: string,
  remedy: string,
): Finding {
  const line = (key === null ? undefined : entry.lines[key]) ?? entry.line;
  const name = entry.name === undefined ? null : entry.name;
  return { rule, severity: LIST_RULES[rule].severity, line, entry: entry.at, name, key, message, remedy };
}

/** Reads one entry of the list: keys, types, duplicates. The rules check the meaning. */
export function readEntry(
  node: JsonNode,
  at: number,
): { readonly entry: RawEntry; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const values: Record<string, unknown> = {};
  const lines: Record<string, number> = {};
  const bare = { at, line: node.line, lines, handleIsList: false };
  const report = (rule: ListRule, line: number, key: string | null, message: string, remedy: string) => {
    const { severity } = LIST_RULES[rule];
    findings.push({ rule, severity, line, entry: at, name: nameOf(node), key, message, remedy });
  };
  if (node.kind !== 'object') {
    report(
      'not-an-entry',
      node.line,
      null,
      `entry ${at} is not an object`,
      'write { "slotId": …, "name": …, "stash": …, … }',
    );
    return { entry: bare, findings };
  }
  for (const member of node.members) {
    const { key, line } = member;
    if (key in lines)
      report(
        'double-key',
        line,
        key,
        `${key} occurs twice`,
        `remove one; the first is on line ${lines[key]}`,
      );
    else if (!isKey(key))
      report(
        'unknown-key',
        line,
        key,
        `${shown(key)} is not a key of a candidate`,
        remedyForKey(key, node.members),
      );
    else readMember(member, key, values, report);
    lines[key] ??= line;
  }
  for (const key of REQUIRED) {
    if (!(key in lines)) report('missing-key', node.line, key, `${key} is missing`, `add "${key}"`);
  }
  const handleNode = node.members.find(({ key }) => key === 'riotHandle')?.value;
  return { entry: { ...bare, ...values, handleIsList: handleNode?.kind === 'list' }, findings };
}

type Report = (rule: ListRule, line: number, key: string | null, message: string, remedy: string) => void;

function readMember(
  { value, line }: JsonMember,
  key: Key,
  values: Record<string, unknown>,
  report: Report,
): void {
  const wanted = KEYS[key];
  const read = wanted === 'texts' ? textsOf(value) : scalarOf(value, wanted);
  if (read === undefined)
    report(
      'wrong-type',
      line,
      key,
      `${key} is not a ${TYPE_NAMES[wanted]}`,
      `write ${TYPE_EXAMPLES[wanted]}`,
    );
  else values[key] = read;
}

const TYPE_NAMES = {
  number: 'number',
  text: 'text',
  texts: 'text or list of texts',
  boolean: 'boolean',
} as const;
const TYPE_EXAMPLES = {
  number: 'an integer without quotes',
  text: 'a text in double quotes',
  texts: 'one text in double quotes, or a list of such',
  boolean: 'true or false without quotes',
} as const;

function scalarOf(node: JsonNode, wanted: 'number' | 'text' | 'boolean'): unknown {
  if (node.kind !== 'scalar') return undefined;
  const type = wanted === 'text' ? 'string' : wanted;
  return typeof node.value === type ? node.value : undefined;
}

function textsOf(node: JsonNode): readonly string[] | undefined {
  const items = node.kind === 'list' ? node.items : [node];
  const texts = items.map((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' ? item.value : null,
  );
  return texts.includes(null) || texts.length === 0 ? undefined : texts.filter((text) => text !== null);
}

function nameOf(node: JsonNode): string | null {
  if (node.kind !== 'object') return null;
  const value = node.members.find(({ key }) => key === 'name')?.value;
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null;
}

function isKey(key: string): key is Key {
  return Object.hasOwn(KEYS, key);
}

function remedyForKey(key: string, members: readonly JsonMember[]): string {
  const near = Object.keys(KEYS).find((one) => distanceAtMost2(key.toLowerCase(), one.toLowerCase()));
  if (near === undefined) return `remove it; the keys are ${Object.keys(KEYS).join(', ')}`;
  const there = members.some((member) => member.key === near);
  return there ? `remove it; ${near} is there too` : `write ${near}`;
}

/** Whether two words are at most two insertions, deletions or replacements apart. */
function distanceAtMost2(a: string, b: string, left = 2): boolean {
  if (a === b) return true;
  if (left === 0 || Math.abs(a.length - b.length) > left) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const [restA, restB] = [a.slice(same), b.slice(same)];
  return (
    distanceAtMost2(restA.slice(1), restB.slice(1), left - 1) ||
    distanceAtMost2(restA.slice(1), restB, left - 1) ||
    distanceAtMost2(restA, restB.slice(1), left - 1)
  );
}
