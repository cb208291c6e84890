import { dirname } from 'node:path';
import { isList, type Json, type JsonRecord } from '@watchbill/kit';
import { argvOf, wordsOf } from '../inspect/command.ts';
import type { Machine } from '../inspect/places.ts';
import { record, recordsOf } from '../inspect/records.ts';
import { HIDDEN, keysIn } from './held-keys.ts';
import { type Inventory, type Place, seenPlace, type Target, unseen } from './place.ts';

type Vars = JsonRecord;
type Group = { readonly hosts: Set<string>; readonly below: Set<string>; vars: Vars };

interface Groups {
  readonly hosts: Map<string, Vars>;
  readonly groups: Map<string, Group>;
  readonly unknown: string[];
}

/** An inventory in the form of ini. A plain list of hosts is one without groups. */
export function iniGroups(text: string): Groups {
  const all: Groups = { hosts: new Map(), groups: new Map(), unknown: [] };
  let [group, part = 'hosts'] = ['ungrouped'];
  for (const [at, line] of text.split('\n').entries()) {
    const parts = wordsOf(line);
    const comment = parts.findIndex(
      (word, index) => word.startsWith('#') || (index === 0 && word.startsWith(';')),
    );
    const words = comment < 0 ? parts : parts.slice(0, comment);
    const [first = '', ...rest] = words;
    const head = /^\[(?<name>[^:\]]+)(?::(?<kind>hosts|vars|children))?\]$/.exec(words.join(' '))?.groups;
    const vars = variables(part === 'vars' ? [words.join(' ').replace(/\s*=\s*/, '=')] : rest);
    if (head?.name !== undefined) [group, part] = [head.name, head.kind ?? 'hosts'];
    else if (first === '') continue;
    else if (vars === null || /[^\w.@:[\]%-]/.test(part === 'vars' ? '' : first))
      all.unknown.push(`line ${at + 1}`);
    else if (part === 'vars') groupOf(all, group).vars = { ...groupOf(all, group).vars, ...vars };
    else if (part === 'children') groupOf(all, group).below.add(first);
    else addHosts(all, group, first, vars);
  }
  return all;
}

/** Null if a word is no `name=value`. */
function variables(words: readonly string[]): Vars | null {
  const pairs = words.map((word) => /^(?<name>\w+)=(?<value>.*)$/s.exec(word)?.groups);
  if (pairs.some((pair) => pair === undefined)) return null;
  return Object.fromEntries(
    pairs.map(({ name = '', value = '' } = {}) => [name, value.replace(/^(["'])(.*)\1$/s, '$2')]),
  );
}

/** The same as YAML; or the answer of `ansible-inventory --list`. */
export function yamlGroups(value: JsonRecord): Groups {
  const all: Groups = { hosts: new Map(), groups: new Map(), unknown: [] };
  const visit = (name: string, body: Json | undefined): void => {
    const { hosts, vars, children } = record(body);
    const group = groupOf(all, name);
    group.vars = { ...group.vars, ...record(vars) };
    for (const [pattern, its] of entriesOf(hosts)) addHosts(all, name, pattern, record(its));
    for (const [child, its] of entriesOf(children)) {
      group.below.add(child);
      visit(child, its);
    }
  };
  const { _meta, ...groups } = value;
  for (const [name, body] of Object.entries(groups)) visit(name, body);
  for (const [host, its] of entriesOf(record(_meta).hostvars)) addHosts(all, 'ungrouped', host, record(its));
  return all;
}

/** A record, or a list of names. */
const entriesOf = (value: Json | undefined): readonly (readonly [string, Json])[] =>
  isList(value) ? value.map((name) => [String(name), null] as const) : Object.entries(record(value));

function groupOf({ groups }: Groups, name: string): Group {
  const group = groups.get(name) ?? { hosts: new Set(), below: new Set(), vars: {} };
  groups.set(name, group);
  return group;
}

/** `HOST`, `HOST:PORT`, and ranges such as `node[01:03]`. */
function addHosts(all: Groups, group: string, pattern: string, vars: Vars): void {
  const { host = pattern, port } =
    /^(?<host>(?:\[[^\]]*\]|[^:[])+):(?<port>\d+)$/.exec(pattern)?.groups ?? {};
  const more = { ...(port && { ansible_port: port }), ...vars };
  for (const name of ranges(host)) {
    groupOf(all, group).hosts.add(name);
    all.hosts.set(name, { ...all.hosts.get(name), ...more });
  }
}

const MOST_HOSTS = 10_000;

function ranges(pattern: string): readonly string[] {
  const {
    head = '',
    from = '',
    to = '',
    step = '1',
    tail = '',
  } = /^(?<head>.*?)\[(?<from>\w+):(?<to>\w+)(?::(?<step>\d+))?\](?<tail>.*)$/.exec(pattern)?.groups ?? {};
  if (from === '' || to === '') return [pattern];
  const isNumber = /^\d+$/.test(from);
  const [first, last] = [from, to].map((each) => (isNumber ? Number(each) : (each.codePointAt(0) ?? 0)));
  const names: string[] = [];
  for (let at = first ?? 0; at <= (last ?? 0) && names.length < MOST_HOSTS; at += Math.max(1, Number(step)))
    names.push(
      isNumber ? String(at).padStart(from.startsWith('0') ? from.length : 0, '0') : String.fromCodePoint(at),
    );
  return names.flatMap((name) => ranges(tail).map((rest) => `${head}${name}${rest}`));
}

/** The groups of a host, the outermost first. */
function groupsOf({ groups }: Groups, host: string): readonly string[] {
  const depths = new Map([['all', Number.MAX_SAFE_INTEGER]]);
  const visit = (name: string, depth: number): void => {
    if (depth > groups.size || (depths.get(name) ?? -1) >= depth) return;
    depths.set(name, depth);
    for (const [parent, { below }] of groups) if (below.has(name)) visit(parent, depth + 1);
  };
  for (const [name, { hosts }] of groups) if (hosts.has(host)) visit(name, 0);
  return [...depths]
    .toSorted(([one, a], [other, b]) => b - a || one.localeCompare(other))
    .map(([name]) => name);
}

/** The machines of an inventory, with the variables of `group_vars` and `host_vars` beside it. */
export async function ansible(file: string, all: Groups, machine: Machine): Promise<Inventory> {
  const places: Place[] = all.unknown.map((line) =>
    unseen(`${file}: ${line}`, 'it is no host, group or variable'),
  );
  const read = new Map<string, Promise<Vars>>();
  const filesOf = (kind: string, name: string): Promise<Vars> => {
    const base = `${dirname(file)}/${kind}/${name}`;
    const reading = read.get(base) ?? varsIn(base, machine, places);
    read.set(base, reading);
    return reading;
  };
  const targets: Target[] = [];
  for (const [name, own] of all.hosts) {
    const groups = groupsOf(all, name);
    const shared = await Promise.all(groups.map((group) => filesOf('group_vars', group)));
    const inner = groups.map((group) => all.groups.get(group)?.vars ?? {});
    const named = { inventory_hostname: name, inventory_hostname_short: name.split('.')[0] ?? name };
    const host = await filesOf('host_vars', name);
    const vars: Vars = Object.assign({}, ...inner, ...shared, own, host, named);
    const target = targetOf(name, vars);
    if (typeof target === 'string') places.push(unseen(name, target));
    else targets.push(target);
    places.push(...keysOf(`${file}: variables of ${name}`, { ...own, ...host }, name));
  }
  for (const group of new Set(['all', ...all.groups.keys()])) {
    const vars = { ...all.groups.get(group)?.vars, ...(await filesOf('group_vars', group)) };
    places.push(...keysOf(`${file}: variables of group ${group}`, vars, ''));
  }
  return { targets, places };
}

/** The keys that variables hold, for a machine; of a group they may be for each of its machines. */
function keysOf(place: string, vars: Vars, forMachine: string): readonly Place[] {
  const { keys, hidden } = keysIn(vars);
  if (keys.length + hidden === 0) return [];
  const why = hidden === 0 ? null : 'a secret of a key is in a vault or in a variable';
  return [seenPlace(place, { keys, forMachine, why })];
}

async function varsIn(base: string, machine: Machine, places: Place[]): Promise<Vars> {
  const vars: Vars[] = [];
  for (const { path, text } of await machine.files(
    ['', '.yml', '.yaml', '.json', '/*'].map((end) => base + end),
  )) {
    const records = recordsOf(text);
    if (records === null) places.push(unseen(path, 'it is in a vault, or is no YAML'));
    vars.push(...(records ?? []));
  }
  return Object.assign({}, ...vars) as Vars;
}

const UNKNOWN = 'is in a vault or in a variable: ansible-inventory --list prints an inventory without them';

/** How Ansible reaches the host, or why that is not known. */
function targetOf(name: string, vars: Vars): Target | string {
  const value = (...names: readonly string[]): string | undefined => {
    const found = names.map((each) => vars[each]).find((each) => each !== undefined && each !== null);
    return found === undefined ? undefined : filled(String(found), vars);
  };
  const wanted = {
    host: value('ansible_host', 'ansible_ssh_host') ?? name,
    user: value('ansible_user', 'ansible_ssh_user'),
    port: value('ansible_port', 'ansible_ssh_port'),
    key: value('ansible_ssh_private_key_file', 'ansible_private_key_file'),
    common: value('ansible_ssh_common_args'),
    extra: value('ansible_ssh_extra_args'),
  };
  const hidden = Object.entries(wanted).find(([, text]) => text !== undefined && HIDDEN.test(text));
  if (hidden !== undefined) return `its ${hidden[0]} ${UNKNOWN}`;
  const connection = value('ansible_connection') ?? 'ssh';
  if (!['ssh', 'smart', 'paramiko', 'paramiko_ssh'].includes(connection)) return `its connection is not ssh`;
  const { host, user, port, key, common = '', extra = '' } = wanted;
  const options = [...(key ? ['-i', key] : []), ...argvOf(`${common} ${extra}`)];
  const sudo = /^(?:true|yes|1)$/i.test(value('ansible_become') ?? '') ? ['sudo', '-n'] : [];
  const at = { host, ...(port && { port: Number(port) }), ...(user && { user }) };
  return { name, at, way: { options, words: [...sudo, 'sh', '-s'] } };
}

/** A text with the variables that it names. An unknown one stays as it is. */
function filled(text: string, vars: Vars, depth = 0): string {
  if (depth > 8) return text;
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => {
    const value = vars[name];
    return typeof value === 'string' || typeof value === 'number'
      ? filled(String(value), vars, depth + 1)
      : whole;
  });
}
