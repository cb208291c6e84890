import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonOrNull } from '@watchbill/kit';
import type { ContainerFacts, Look, RestartedContainer } from '../doctor/facts.ts';
import { looking } from './reading.ts';
import { filesOf, unlessClosed } from './starters.ts';

const DOCKER = '/var/lib/docker/containers';
/** Pods that the kubelet of this machine runs from files, without a cluster. */
const STATIC_PODS = ['/etc/kubernetes/manifests', '/var/lib/rancher/k3s/agent/pod-manifests'];
const VALIDATOR = /(?:^|[\s"'[,])--validator\b/;
const GUARDED = /\bguard\b[\s"',]+run\b/;

/**
 * Containers of validators that Docker or the kubelet starts by itself. `root` is the root folder of the
 * machine. Command lines may hold a secret, and are not kept.
 */
export async function inspectContainers(root: string): Promise<Look<ContainerFacts>> {
  return looking(async () => {
    const closed: string[] = [];
    const restarted = [...(await dockerContainers(root, closed)), ...(await staticPods(root, closed))];
    return { restarted, closed };
  });
}

async function dockerContainers(root: string, closed: string[]): Promise<readonly RestartedContainer[]> {
  const ids = (await unlessClosed(DOCKER, closed, () => readdir(join(root, DOCKER)))) ?? [];
  const found = await Promise.all(ids.map((id) => dockerContainer(root, `${DOCKER}/${id}`, closed)));
  return found.filter((each) => each !== null);
}

/** Docker keeps the policy in `hostconfig.json`, and name and command in `config.v2.json`. */
async function dockerContainer(
  root: string,
  folder: string,
  closed: string[],
): Promise<RestartedContainer | null> {
  const read = async (name: string): Promise<Settings> => {
    const [file] = await filesOf(root, [`${folder}/${name}`], closed);
    const value: unknown = jsonOrNull(file?.lines.join('\n') ?? '');
    return typeof value === 'object' && value !== null ? value : {};
  };
  const [host, own] = [await read('hostconfig.json'), await read('config.v2.json')];
  const policy = host.RestartPolicy?.Name ?? '';
  const command = [own.Path, ...(own.Args ?? [])].join(' ');
  if (['', 'no'].includes(policy) || !VALIDATOR.test(command) || GUARDED.test(command)) return null;
  const name = (own.Name ?? folder).replace(/^\//, '');
  return { engine: 'docker', name, policy, place: `${folder}/hostconfig.json` };
}

/** The fields that are read of Docker's files. */
interface Settings {
  readonly RestartPolicy?: { readonly Name?: string };
  readonly Name?: string;
  readonly Path?: string;
  readonly Args?: readonly string[];
}

async function staticPods(root: string, closed: string[]): Promise<readonly RestartedContainer[]> {
  const paths: string[] = [];
  for (const place of STATIC_PODS) {
    const names = (await unlessClosed(place, closed, () => readdir(join(root, place)))) ?? [];
    paths.push(...names.map((name) => `${place}/${name}`));
  }
  return (await filesOf(root, paths, closed)).flatMap(({ path, lines }) => {
    const text = lines.join('\n');
    const policy = /^\s*"?restartPolicy"?:\s*"?(\w+)/m.exec(text)?.[1] ?? 'Always';
    if (policy === 'Never' || !VALIDATOR.test(text) || GUARDED.test(text)) return [];
    const name = /^\s*"?name"?:\s*"?([\w.-]+)/m.exec(text)?.[1] ?? path;
    return [{ engine: 'kubelet' as const, name, policy, place: path }];
  });
}
