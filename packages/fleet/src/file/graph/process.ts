import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import type { KubernetesResource, Resource } from './resource.ts';

/** A process as it will be started: read from the object itself, not from what made it. */
export interface Process {
  readonly container: string;
  readonly words: readonly string[];
}

const AT_POD: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  StatefulSet: ['spec', 'template'],
  Deployment: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

/** The value at a path, undefined if there is none. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let here = value;
  for (const name of path) here = isRecord(here) ? here[name] : undefined;
  return here;
}

/** The records of a list. */
export function records(value: Json | undefined): readonly JsonRecord[] {
  return isList(value) ? value.filter(isRecord) : [];
}

/** The template of the pods that a resource starts, or null. */
export function podTemplate(resource: Resource): JsonRecord | null {
  if (resource.target !== 'kubernetes') return null;
  return templateOf(resource.kind, resource.body);
}

/** The template of the pods that an object of this kind starts, or the pod itself; null for other kinds. */
export function templateOf(kind: string, object: Json): JsonRecord | null {
  const path = AT_POD[kind];
  const template = path === undefined ? undefined : at(object, ...path);
  return isRecord(template) ? template : null;
}

/** Keys of objects that name a Secret, with the key of its name. */
const NAMED_BY: Readonly<Record<string, string>> = {
  secret: 'secretName',
  secretRef: 'name',
  secretKeyRef: 'name',
};

/** Names of the Secrets that a pod reaches: by volumes, projections and variables. */
export function secretsIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const named = NAMED_BY[key];
    const name = named !== undefined && isRecord(inner) ? (inner[named] ?? inner.name) : undefined;
    return typeof name === 'string' ? [name] : secretsIn(inner);
  });
}

/** Containers that run as long as the pod does; so does a container before them that restarts always. */
export function containersOf(template: JsonRecord): readonly JsonRecord[] {
  const before = records(at(template, 'spec', 'initContainers'));
  return [...records(at(template, 'spec', 'containers')), ...before.filter(staysOn)];
}

/** Containers that end before them. */
export function stepsOf(template: JsonRecord): readonly JsonRecord[] {
  return records(at(template, 'spec', 'initContainers')).filter((container) => !staysOn(container));
}

function staysOn({ restartPolicy }: JsonRecord): boolean {
  return restartPolicy === 'Always';
}

/** Several invariants ask the same resource. */
const known = new WeakMap<Resource, readonly Process[]>();

/** Command lines of the containers of a resource, or of its unit. */
export function processesOf(resource: Resource): readonly Process[] {
  const before = known.get(resource);
  if (before !== undefined) return before;
  const processes = readProcesses(resource);
  known.set(resource, processes);
  return processes;
}

function readProcesses(resource: Resource): readonly Process[] {
  if (resource.target === 'machine')
    return resource.body.kind === 'unit' ? unitProcesses(resource.body.text) : [];
  const template = podTemplate(resource);
  return template === null ? [] : templateProcesses(template);
}

/** Command lines of the processes of a live set on a cluster. */
export function setProcesses(set: JsonRecord): readonly Process[] {
  const template = at(set, 'spec', 'template');
  return isRecord(template) ? templateProcesses(template) : [];
}

export function templateProcesses(template: JsonRecord): readonly Process[] {
  return [...containersOf(template), ...stepsOf(template)].map((container) => ({
    container: String(container.name ?? ''),
    words: [...texts(container.command), ...texts(container.args)],
  }));
}

function texts(value: Json | undefined): readonly string[] {
  return isList(value) ? value.map(String) : [];
}

/** The commands of a unit of systemd: each `Exec…=` line, in the order of the text. */
export function unitProcesses(text: string): readonly Process[] {
  return [...text.matchAll(/^(Exec\w+)=(.*)$/gm)].map(([, name = '', line = '']) => ({
    container: name,
    words: unitWords(line),
  }));
}

/** Words of a command line as systemd reads them: quotes group, a doubled `$` or `%` means one. */
function unitWords(line: string): readonly string[] {
  const words = line.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) =>
    word
      .replace(
        /"((?:\\.|[^"\\])*)"|'([^']*)'/g,
        (_, double: string | undefined, single: string | undefined) =>
          double === undefined ? (single ?? '') : double.replace(/\\(.)/g, '$1'),
      )
      .replaceAll('$$', '$')
      .replaceAll('%%', '%'),
  );
}

/** The parts of a command line for two clients in one process: before and after the double dash. */
export function halves(words: readonly string[]): readonly (readonly string[])[] {
  const cut = words.indexOf('--');
  return cut === -1 ? [words] : [words.slice(0, cut), words.slice(cut + 1)];
}

/**
 * The value of `--name=value` or `--name value`; null for a flag without a value, undefined without the flag.
 */
export function flagValue(words: readonly string[], name: string): string | null | undefined {
  const index = words.findLastIndex((word) => word === name || word.startsWith(`${name}=`));
  const word = words[index];
  if (word === undefined) return undefined;
  if (word !== name) return word.slice(name.length + 1);
  const next = words[index + 1];
  return next === undefined || next.startsWith('--') ? null : next;
}

/** Flags that stand for `--validator` and a name. Some of them also bring a development key. */
export const ACCOUNT_FLAGS: readonly string[] = [
  ...['--alice', '--bob', '--charlie', '--dave', '--eve', '--ferdie', '--one', '--two'],
];

/** Flags by which a node signs with keys of its keystore. Older binaries call the first one `--authority`. */
export const SIGNING_FLAGS: readonly string[] = [
  ...['--validator', '--authority', '--collator', '--force-authoring'],
  ...ACCOUNT_FLAGS,
];

/** Whether a node with these words on its command line signs. One of them may be the text of a shell. */
export function wordsSign(words: readonly string[]): boolean {
  return words.some((word) => (word.match(/--[a-z-]+/g) ?? []).some((flag) => SIGNING_FLAGS.includes(flag)));
}

/** Whether a process of the resource signs: by its arguments, and by its subject. */
export function isSigner(resource: Resource): boolean {
  return resource.subject.keySet !== null || processesOf(resource).some(({ words }) => wordsSign(words));
}

/** Pods of a workload and a selector of another object fit together. */
export function selects(selector: Json | undefined, resource: KubernetesResource): boolean {
  const labels = at(podTemplate(resource) ?? undefined, 'metadata', 'labels');
  if (!isRecord(selector) || !isRecord(labels)) return false;
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}
