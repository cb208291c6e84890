import { basename, dirname } from 'node:path';
import { isRecord, type Json, jsonOrNull } from '@watchbill/kit';
import { commandOf, type Variables } from './command.ts';
import type { Machine } from './places.ts';
import type { ProcessFacts } from './processes.ts';
import { environment, record, text } from './records.ts';
import { HOMES, unitFile } from './unit-files.ts';

const at = (below: string, places: readonly string[], inHome: string): readonly string[] =>
  [...places, ...HOMES.map((home) => `${home}/${inHome}`)].map((place) => `${place}${below}`);
const DOCKER = at('', ['/var/lib/docker', '/var/snap/docker/common/var-lib-docker'], '.local/share/docker');
const DAEMONS = at('/daemon.json', ['/etc/docker', '/var/snap/docker/current/config'], '.config/docker');
const PODMAN = at(
  '/storage/*-containers/*/userdata/config.json',
  ['/var/lib/containers'],
  '.local/share/containers',
);
const QUADLETS = ['*', '*/*', '*/*/*'].flatMap((name) =>
  at(`/containers/systemd/${name}`, ['/etc', '/usr/share', '/run'], '.config'),
);
/** Pods that the kubelet of this machine runs from files, without a cluster. */
const STATIC_PODS = ['/etc/kubernetes/manifests/*', '/var/lib/rancher/*/agent/pod-manifests/*'];
const KUBELET = ['/var/lib/kubelet/config.yaml'];

/** Places that exist beside an engine, and that the doctor does not read. */
const OTHERS = {
  'pods of a cluster: look at them with kubectl': [
    '/var/lib',
    '/var/snap/microk8s/common/var/lib',
    '/var/lib/k0s',
  ].map((at) => `${at}/kubelet/pods/*`),
  'jobs of Nomad: look at them with nomad job status': ['/etc/nomad.d/*', '/opt/nomad/*'],
  'services of Docker Swarm: look at them with docker service ls': DOCKER.map(
    (root) => `${root}/swarm/*.json`,
  ),
  'containers of nerdctl, LXC, LXD, Incus or systemd-nspawn': [
    ...['/var/lib/nerdctl/*/containers/*/*', '/var/lib/lxc/*/config', '/var/lib/incus/containers/*'],
    ...['/var/lib/lxd/containers/*', '/var/snap/lxd/common/lxd/containers/*', '/var/lib/machines/*'],
  ],
  'programs of pm2: look at them with pm2 list': HOMES.map((home) => `${home}/.pm2/dump.*`),
};

/** The label by which watchtower leaves a container alone. */
export const EXEMPT = 'com.centurylinklabs.watchtower.enable';

/** A program, beside systemd, that starts a validator by itself. */
export interface Starter {
  /** The engine of a container; null for cron, a supervisor or a script. */
  readonly engine: 'docker' | 'podman' | 'quadlet' | 'kubelet' | 'watchtower' | null;
  readonly name: string;
  /** For example `/etc/keepalived/notify.sh:3`. */
  readonly place: string;
  /** The line, or the restart policy. */
  readonly how: string;
}

/** A container as its engine keeps it. The policy is null if the doctor cannot read it. */
interface Container extends Pick<Starter, 'name' | 'place'> {
  readonly policy: string | null;
  readonly command: string;
  readonly variables?: Variables;
  /** watchtower leaves it alone. */
  readonly exempt?: boolean;
}

/**
 * Containers of validators without a guard that an engine starts by itself, and the names of all such
 * containers. Processes show who signs.
 */
export async function inspectContainers(machine: Machine, processes: ProcessFacts | null) {
  const signers = (processes?.nodes ?? []).filter(({ signs }) => signs === true);
  const engines = {
    docker: await dockerContainers(machine, processes?.dataRoots ?? []),
    ...{ podman: await podmanContainers(machine), quadlet: await quadlets(machine) },
    kubelet: await staticPods(machine),
  };
  await notePlaces(machine);
  const all = (Object.entries(engines) as [keyof typeof engines, readonly Container[]][]).flatMap(
    ([engine, containers]) =>
      containers.map((each) => {
        const { signs, guarded } = commandOf(each.command, each.variables);
        const isSigner =
          signs === true ||
          signers.some(({ container }) => container !== null && each.place.includes(container));
        return { ...each, engine, signs, guarded, isSigner };
      }),
  );
  const isWatched = all.some(({ engine, isSigner, exempt }) => engine === 'docker' && isSigner && !exempt);
  const started = all.flatMap(({ engine, name, place, ...each }): readonly Starter[] => {
    const { policy, signs, isSigner } = each;
    if (isWatched && /\bwatchtower\b(?!.*--monitor-only)/.test(each.command))
      return [{ engine: 'watchtower', name, place, how: 'it restarts containers whose image has changed' }];
    if (['', 'no', 'Never'].includes(policy ?? '?') || each.guarded) return [];
    if (isSigner && policy !== null) return [{ engine, name, place, how: `restart policy ${policy}` }];
    if (isSigner) machine.unknown.push(`the restart policy of the ${engine} container ${name}`);
    else if (signs === null && policy !== null)
      machine.unknown.push(`${name}: the command is in a variable (${place})`);
    return [];
  });
  const plain = all.filter(({ isSigner, guarded }) => isSigner && !guarded);
  return { started, signers: plain.map(({ name }) => name) };
}

async function notePlaces(machine: Machine): Promise<void> {
  for (const [what, patterns] of Object.entries(OTHERS)) {
    const [first] = (await Promise.all(patterns.map(machine.paths))).flat();
    if (first !== undefined) machine.unknown.push(`${dirname(first)}: ${what}`);
  }
}

/** Files of JSON; one that cannot be read is noted. */
async function settingsOf(machine: Machine, patterns: readonly string[]) {
  return (await machine.files(patterns)).flatMap((file) => {
    const { path } = file;
    const settings = jsonOrNull(file.text) as Json;
    if (isRecord(settings)) return [{ path, settings }];
    machine.unknown.push(`${path} is not JSON`);
    return [];
  });
}

/** Docker keeps the policy in `hostconfig.json`, and name and command in `config.v2.json`. */
async function dockerContainers(machine: Machine, more: readonly string[]): Promise<readonly Container[]> {
  const daemons = await settingsOf(machine, DAEMONS);
  const named = daemons.map(({ settings }) => text(settings['data-root'])).filter((root) => root !== '');
  const hosts = await settingsOf(
    machine,
    [...DOCKER, ...more, ...named].map((root) => `${root}/containers/*/hostconfig.json`),
  );
  const found = hosts.map(async ({ path: place, settings }) => {
    const [own] = await settingsOf(machine, [`${dirname(place)}/config.v2.json`]);
    const { Name = basename(dirname(place)), Path, Args, Config } = own?.settings ?? {};
    const { Image, Env, Labels } = record(Config);
    return {
      ...{ name: text(Name).replace(/^\//, ''), policy: text(record(settings.RestartPolicy).Name), place },
      command: [text(Image).replace(/:.*/, ''), text(Path), text(Args)].join(' '),
      variables: environment(Env),
      exempt: record(Labels)[EXEMPT] === 'false',
      compose: text(record(Labels)[COMPOSE])
        .split(',')
        .filter((file) => file !== ''),
    };
  });
  const containers = await Promise.all(found);
  await noteCompose(machine, [...new Set(containers.flatMap(({ compose }) => compose))]);
  return containers;
}

/** The label of Docker Compose with the files from which it made a container. */
const COMPOSE = 'com.docker.compose.project.config_files';

/** A service of a compose file need not have a container now. One that runs no signer adds nothing. */
async function noteCompose(machine: Machine, paths: readonly string[]): Promise<void> {
  const files = await machine.files(paths);
  const gone = paths.filter((path) => !files.some((file) => file.path === path));
  machine.unknown.push(
    ...gone.map((path) => `${path}: the compose file of a container is not there`),
    ...files.flatMap(({ path, text }) =>
      commandOf(text).signs === false ? [] : [`${path}: services without a container: look at restart:`],
    ),
  );
}

/** Podman keeps the policy in a database. */
async function podmanContainers(machine: Machine): Promise<readonly Container[]> {
  return (await settingsOf(machine, PODMAN)).map(({ path, settings }) => {
    const { args, env } = record(settings.process);
    const name = basename(dirname(dirname(path))).slice(0, 12);
    return { name, policy: null, place: path, command: text(args), variables: environment(env) };
  });
}

/** Files from which systemd makes units of podman. */
async function quadlets(machine: Machine): Promise<readonly Container[]> {
  const files = await machine.files(QUADLETS);
  const kube = files.filter(({ path }) => path.endsWith('.kube'));
  machine.unknown.push(...kube.map(({ path }) => `${path}: the pods of a .kube file`));
  const found = files.map(async ({ path, text: own }) => {
    const { text, values, variables } = await unitFile(machine, own, [`${path}.d/*.conf`]);
    const policy = values('Restart').at(-1) ?? 'no';
    return {
      ...{ name: basename(path, '.container'), place: path, command: text, variables },
      policy: policy === 'no' && values('(?:WantedBy|RequiredBy|UpheldBy)').length > 0 ? 'at boot' : policy,
    };
  });
  return (await Promise.all(found)).filter(({ place }) => place.endsWith('.container'));
}

async function staticPods(machine: Machine): Promise<readonly Container[]> {
  const settings = (await machine.files(KUBELET)).map(({ text }) => text).join('\n');
  const more = [...settings.matchAll(/^staticPodPath:\s*"?([^"\s]+)/gm)].map(([, path]) => `${path}/*`);
  return (await machine.files([...STATIC_PODS, ...more])).map(({ path, text: own }) => {
    const text = own.replace(/^\s*#.*$/gm, '');
    const policy = /^\s*"?restartPolicy"?:\s*"?(\w+)/m.exec(text)?.[1] ?? 'Always';
    const name = /^\s*"?name"?:\s*"?([\w.-]+)/m.exec(text)?.[1] ?? path;
    return { name, policy, place: path, command: text };
  });
}
