import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, daemon } from './daemon.ts';
import type { KubernetesPrograms } from './find.ts';
import { kubeconfigText } from './kubeconfig.ts';
import type { ClusterPki } from './pki.ts';
import { podForward, podStages } from './pod-stages.ts';

/** The addresses of all parts, all on loopback. */
export interface Ports {
  readonly etcd: number;
  readonly etcdPeers: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  readonly kwok: number;
}

export interface Daemons {
  readonly etcd: Daemon;
  readonly apiServer: Daemon;
  readonly controllerManager: Daemon;
  readonly scheduler: Daemon;
  readonly kwok: Daemon;
}

export interface DaemonsSettings {
  readonly programs: KubernetesPrograms;
  readonly ports: Ports;
  readonly pki: ClusterPki;
  readonly folder: string;
  readonly apiServerFlags: readonly string[];
  readonly podPort: number | null;
}

/** Annotation of the nodes that kwok plays. */
export const PLAYED_NODE = { 'kwok.x-k8s.io/node': 'fake' } as const;

type Flags = Readonly<Record<string, string | number | boolean>>;

export function daemonsOf(settings: DaemonsSettings): Daemons {
  const { programs, ports, folder } = settings;
  const make = (name: string, program: string, flags: Flags, more: readonly string[] = []): Daemon =>
    daemon({
      name,
      program,
      logFile: join(folder, `${name}.log`),
      args: [...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`), ...more],
    });
  return {
    etcd: make('etcd', programs.etcd, etcdFlags(ports, folder)),
    apiServer: make('kube-apiserver', programs.apiServer, apiServerFlags(settings), settings.apiServerFlags),
    controllerManager: make('kube-controller-manager', programs.controllerManager, {
      ...component(settings, 'system:kube-controller-manager', [], ports.controllerManager),
      'use-service-account-credentials': true,
      'service-account-private-key-file': settings.pki.tokenKeyFile,
      'root-ca-file': settings.pki.authorityFile,
      // Tests wait for the controllers, so these poll more often than on a real cluster.
      'concurrent-statefulset-syncs': 10,
    }),
    scheduler: make(
      'kube-scheduler',
      programs.scheduler,
      component(settings, 'system:kube-scheduler', [], ports.scheduler),
    ),
    kwok: make('kwok', programs.kwok, kwokFlags(settings), [
      `--config=${join(programs.kwok, '../stages.yaml')}`,
      `--config=${ownStages(folder, settings.podPort)}`,
    ]),
  };
}

function etcdFlags(ports: Ports, folder: string): Flags {
  const [clients, peers] = [`http://127.0.0.1:${ports.etcd}`, `http://127.0.0.1:${ports.etcdPeers}`];
  return {
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': clients,
    'advertise-client-urls': clients,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `default=${peers}`,
    'log-level': 'warn',
    // No data has to survive a loss of power.
    'unsafe-no-fsync': true,
  };
}

function apiServerFlags({ ports, pki, folder }: DaemonsSettings): Flags {
  return {
    'etcd-servers': `http://127.0.0.1:${ports.etcd}`,
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'secure-port': ports.apiServer,
    'tls-cert-file': pki.server.certFile,
    'tls-private-key-file': pki.server.keyFile,
    'client-ca-file': pki.authorityFile,
    'endpoint-reconciler-type': 'none',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': pki.tokenPublicFile,
    'service-account-signing-key-file': pki.tokenKeyFile,
    'service-cluster-ip-range': '10.96.0.0/16',
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'cert-dir': join(folder, 'certs'),
    'kubelet-client-certificate': pki.server.certFile,
    'kubelet-client-key': pki.server.keyFile,
    'kubelet-preferred-address-types': 'InternalIP',
    // As on a managed cluster: what is generally available and nothing older.
    'runtime-config': 'api/all=false,api/ga=true',
    profiling: false,
  };
}

function component(settings: DaemonsSettings, user: string, groups: readonly string[], port: number): Flags {
  const file = kubeconfigFile(settings, user, groups);
  return {
    kubeconfig: file,
    'authentication-kubeconfig': file,
    'authorization-kubeconfig': file,
    'bind-address': '127.0.0.1',
    'secure-port': port,
    'cert-dir': join(settings.folder, 'certs'),
    'leader-elect': false,
    profiling: false,
  };
}

function kwokFlags(settings: DaemonsSettings): Flags {
  const [annotation] = Object.entries(PLAYED_NODE);
  return {
    kubeconfig: kubeconfigFile(settings, 'kwok', ['system:masters']),
    'manage-all-nodes': false,
    'manage-nodes-with-annotation-selector': annotation?.join('=') ?? '',
    cidr: '10.0.0.1/24',
    'node-ip': '127.0.0.1',
    'node-lease-duration-seconds': 40,
    'server-address': `127.0.0.1:${settings.ports.kwok}`,
    // The addresses that stand for kubelets, for ports of pods.
    'node-port': settings.ports.kwok,
    'tls-cert-file': settings.pki.server.certFile,
    'tls-private-key-file': settings.pki.server.keyFile,
  };
}

/** Writes the kubeconfig of a user with a separate certificate; returns the path. */
export function kubeconfigFile(
  { pki, ports, folder }: Pick<DaemonsSettings, 'pki' | 'ports' | 'folder'>,
  user: string,
  groups: readonly string[],
): string {
  const file = join(folder, `${user.replaceAll(/[^a-z0-9-]/g, '-')}.kubeconfig`);
  const server = `https://127.0.0.1:${ports.apiServer}`;
  writeFileSync(file, kubeconfigText(server, pki.authority, pki.issue(user, groups)), { mode: 0o600 });
  return file;
}

function ownStages(folder: string, podPort: number | null): string {
  const file = join(folder, 'pod-stages.yaml');
  writeFileSync(file, podPort === null ? podStages() : `${podStages()}---\n${podForward(podPort)}`);
  return file;
}
