import { basename, dirname } from 'node:path';
import { jsonOrNull } from '@watchbill/kit';
import type { ProcessFacts, Starter } from '../doctor/facts.ts';
import { assignmentsOf, commandOf, type Variables, variablesOf } from './command.ts';
import type { Machine } from './places.ts';

const HOMES = ['/root', '/home/*'];
const at = (below: string, places: readonly string[], inHome: string): readonly string[] =>
  [...places, ...HOMES.map((home) => `${home}/${inHome}`)].map((place) => `${place}${below}`);
const DOCKER = at('', ['/var/lib/docker', '/var/snap/docker/common/var-lib-docker'], '.local/share/docker');
const DAEMONS = at('/daemon.json', ['/etc/docker', '/var/snap/docker/current/config'], '.config/docker');
const PODMAN = at(
  '/storage/*-containers/*/userdata/config.json',
  ['/var/lib/containers'],
  '.local/share/containers',
);
const QUADLETS = ['*', 'users/*', 'users/*/*'].flatMap((name) =>
  at(`/containers/systemd/${name}`, ['/etc', '/usr/share', '/run'], '.config'),
);
/** Pods that the kubelet of this machine runs from files, without a cluster. */
const STATIC_PODS = ['/etc/kubernetes/manifests/*', '/var/lib/rancher/k3s/agent/pod-manifests/*'];

/** A container as its engine keeps it. The policy is null if the doctor cannot read it. */
interface Container extends Pick<Starter, 'name' | 'place'> {
  readonly policy: string | null;
  readonly command: string;
  readonly variables?: Variables;
}

/** Containers of validators without a guard that an engine starts by itself. Processes show who signs. */
export async function inspectContainers(
  machine: Machine,
  processes: ProcessFacts | null,
): Promise<readonly Starter[]> {
  const signers = (processes?.nodes ?? []).filter(({ signs }) => signs === true);
  const engines = {
    docker: await dockerContainers(machine, processes?.dataRoots ?? []),
    ...{ podman: await podmanContainers(machine), quadlet: await quadlets(machine) },
    kubelet: await staticPods(machine),
  };
  const all = Object.entries(engines) as [keyof typeof engines, readonly Container[]][];
  return all.flatMap(([engine, containers]) =>
    containers.flatMap(({ name, policy, place, command, variables }) => {
      const { signs, guarded } = commandOf(command, variables);
      const isSigner =
        signs === true || signers.some(({ container }) => container !== null && place.includes(container));
      if (['', 'no', 'Never'].includes(policy ?? '?') || guarded) return [];
      if (isSigner && policy !== null) return [{ engine, name, place, how: `restart policy ${policy}` }];
      if (isSigner) machine.unknown.push(`the restart policy of the ${engine} container ${name}`);
      else if (signs === null && policy !== null)
        machine.unknown.push(`${name}: the command is in a variable (${place})`);
      return [];
    }),
  );
}

/** The fields that are read of the files of Docker and podman. */
interface Settings extends Partial<Readonly<Record<'data-root' | 'Name' | 'Path', string>>> {
  readonly RestartPolicy?: { readonly Name?: string };
  readonly Args?: readonly string[];
  readonly Config?: { readonly Env?: readonly string[] };
  readonly process?: { readonly args?: readonly string[]; readonly env?: readonly string[] };
}

/** Files of JSON; one that cannot be read is noted. */
async function settingsOf(machine: Machine, patterns: readonly string[]) {
  return (await machine.files(patterns)).flatMap(({ path, text }) => {
    const value: unknown = jsonOrNull(text);
    if (typeof value === 'object' && value !== null) return [{ path, settings: value as Settings }];
    machine.unknown.push(`${path} is not JSON`);
    return [];
  });
}

/** Docker keeps the policy in `hostconfig.json`, and name and command in `config.v2.json`. */
async function dockerContainers(machine: Machine, more: readonly string[]): Promise<readonly Container[]> {
  const daemons = await settingsOf(machine, DAEMONS);
  const roots = [...DOCKER, ...more, ...daemons.flatMap(({ settings }) => settings['data-root'] ?? [])];
  const hosts = await settingsOf(
    machine,
    roots.map((root) => `${root}/containers/*/hostconfig.json`),
  );
  const found = hosts.map(async ({ path: place, settings: { RestartPolicy } }) => {
    const [own] = await settingsOf(machine, [`${dirname(place)}/config.v2.json`]);
    const { Name = basename(dirname(place)), Path = '', Args = [], Config } = own?.settings ?? {};
    return {
      ...{ name: Name.replace(/^\//, ''), policy: RestartPolicy?.Name ?? '', place },
      ...{ command: [Path, ...Args].join(' '), variables: variablesOf(Config?.Env?.join('\n') ?? '') },
    };
  });
  return Promise.all(found);
}

/** Podman keeps the policy in a database. */
async function podmanContainers(machine: Machine): Promise<readonly Container[]> {
  return (await settingsOf(machine, PODMAN)).map(({ path, settings: { process } }) => ({
    ...{ name: basename(dirname(dirname(path))).slice(0, 12), policy: null, place: path },
    ...{ command: process?.args?.join(' ') ?? '', variables: variablesOf(process?.env?.join('\n') ?? '') },
  }));
}

/** The values of a unit file by name, and its variables with those of its files. */
export async function unitFile(machine: Machine, text: string) {
  const values = (name: string): readonly string[] =>
    [...text.replaceAll('\\\n', ' ').matchAll(new RegExp(`^${name}=-?(.*)$`, 'gm'))].map(([, value = '']) =>
      value.trim(),
    );
  const given = await machine.files(values('EnvironmentFile'));
  const variables: Variables = new Map([
    ...assignmentsOf(values('Environment').join(' ')),
    ...given.flatMap((file) => [...variablesOf(file.text)]),
  ]);
  return { values, variables };
}

/** Files from which systemd makes units of podman. */
async function quadlets(machine: Machine): Promise<readonly Container[]> {
  const files = await machine.files(QUADLETS);
  const kube = files.filter(({ path }) => path.endsWith('.kube'));
  machine.unknown.push(...kube.map(({ path }) => `${path}: the pods of a .kube file`));
  const found = files.map(async ({ path, text }) => {
    const { values, variables } = await unitFile(machine, text);
    const policy = values('Restart').at(-1) ?? 'no';
    return {
      ...{ name: basename(path, '.container'), place: path, command: text, variables },
      policy: policy === 'no' && values('WantedBy').length > 0 ? 'at boot' : policy,
    };
  });
  return (await Promise.all(found)).filter(({ place }) => place.endsWith('.container'));
}

async function staticPods(machine: Machine): Promise<readonly Container[]> {
  return (await machine.files(STATIC_PODS)).map(({ path, text }) => {
    const policy = /^\s*"?restartPolicy"?:\s*"?(\w+)/m.exec(text)?.[1] ?? 'Always';
    const name = /^\s*"?name"?:\s*"?([\w.-]+)/m.exec(text)?.[1] ?? path;
    return { name, policy, place: path, command: text };
  });
}
