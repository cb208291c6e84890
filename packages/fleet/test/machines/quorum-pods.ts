// Pods of rendered sets as processes: a network namespace and the names of DNS for each, the command line of
// the object, and folders in place of the mounted volumes.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNamespaceNet, type NodeNamespace } from '@watchbill/testkit';
import { type Daemon, daemon } from '@watchbill/testkit/kubernetes';
import { parseAllDocuments } from 'yaml';

interface Mount {
  readonly name: string;
  readonly mountPath: string;
}

/** The parts of a rendered StatefulSet that a kubelet reads. */
export interface RenderedSet {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly replicas: number;
    readonly serviceName: string;
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly command: readonly string[];
          readonly args: readonly string[];
          readonly volumeMounts: readonly Mount[];
        }[];
        readonly volumes: readonly {
          readonly name: string;
          readonly secret?: { readonly secretName: string };
        }[];
      };
    };
  };
}

export interface PodProcess {
  readonly process: Daemon;
  readonly at: NodeNamespace;
}

export interface PodNet {
  /** The pods of a set in their order. `programs` by command of the object, `secrets` by name and entry. */
  podsOf(set: RenderedSet, programs: Programs, secrets: Secrets): readonly PodProcess[];
  /** Words before a program that runs beside the pods and finds them by their names. */
  readonly beside: readonly string[];
  close(): Promise<void>;
}

type Programs = Readonly<Record<string, readonly string[]>>;
type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The StatefulSets of what `fleet file render --format yaml` printed, by name. */
export function setsOf(text: string): ReadonlyMap<string, RenderedSet> {
  const all = parseAllDocuments(text).map((one) => one.toJS() as RenderedSet);
  return new Map(all.filter(({ kind }) => kind === 'StatefulSet').map((set) => [set.metadata.name, set]));
}

/** Needs root. The names of the pods of all sets are known to each of them from the beginning. */
export function openPodNet(folder: string, sets: readonly RenderedSet[]): PodNet {
  const net = createNamespaceNet();
  const names = sets.flatMap(podsIn);
  const places = new Map(names.map((name) => [name, net.add()] as const));
  const hosts = join(folder, 'hosts');
  writeFileSync(
    hosts,
    ['127.0.0.1 localhost', ...names.map((name) => `${places.get(name)?.peerAddress} ${name}`), ''].join(
      '\n',
    ),
  );
  const inside = ({ command }: NodeNamespace): readonly string[] => [
    ...command,
    ...['unshare', '--mount', '--', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts],
  ];
  const started: PodProcess[] = [];
  return {
    beside: inside(net.add()),
    podsOf: (set, programs, secrets) => {
      const pods = podsIn(set).map((name) => {
        const at = places.get(name);
        const pod = name.split('.')[0] ?? '';
        if (at === undefined) throw new Error(`${name} has no namespace`);
        const words = wordsOf(set, { pod, folder: join(folder, pod), programs, secrets });
        const [program = '', ...args] = [...inside(at), ...words];
        return { at, process: daemon({ name: pod, program, args, logFile: join(folder, `${pod}.log`) }) };
      });
      started.push(...pods);
      return pods;
    },
    close: async () => {
      for (const { process } of started) await process.kill();
      net.close();
    },
  };
}

/** `POD.SERVICE.NAMESPACE.svc`, as the DNS of a cluster has it. */
function podsIn({ metadata, spec }: RenderedSet): readonly string[] {
  return Array.from(
    { length: spec.replicas },
    (_, at) => `${metadata.name}-${at}.${spec.serviceName}.${metadata.namespace}.svc`,
  );
}

/** The command line as the kubelet makes it, with folders of this machine in place of the mounted volumes. */
function wordsOf(
  { spec }: RenderedSet,
  pod: {
    readonly pod: string;
    readonly folder: string;
    readonly programs: Programs;
    readonly secrets: Secrets;
  },
): readonly string[] {
  const [container] = spec.template.spec.containers;
  if (container === undefined) throw new Error('the set has no container');
  const folders = container.volumeMounts.map(({ name, mountPath }) => {
    const own = join(pod.folder, name);
    mkdirSync(own, { recursive: true });
    const secret = spec.template.spec.volumes.find((one) => one.name === name)?.secret?.secretName;
    for (const [entry, text] of Object.entries(secret === undefined ? {} : (pod.secrets[secret] ?? {})))
      writeFileSync(join(own, entry), text, { mode: 0o600 });
    return { mountPath, own };
  });
  const here = (word: string): string => {
    const text = word.replaceAll('$(POD_NAME)', pod.pod);
    const [, flag = '', path = ''] = /^(--[a-z-]+=)(\/.*)$/.exec(text) ?? [];
    const mount = folders.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
    return mount === undefined ? text : `${flag}${mount.own}${path.slice(mount.mountPath.length)}`;
  };
  const [command = '', ...more] = container.command;
  return [...(pod.programs[command] ?? [command]), ...more, ...container.args.map(here)];
}
