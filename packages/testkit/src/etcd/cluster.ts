import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { atExit } from '../at-exit.ts';
import { waitFor } from '../nodes/wait.ts';
import { freePorts } from '../ports.ts';
import { makeCertificates, type TestCertificates } from './certificates.ts';
import { type EtcdBinary, type FoundEtcd, findEtcd } from './find.ts';
import { type EtcdMember, etcdMember } from './member.ts';

export interface EtcdClusterOptions {
  readonly binary: EtcdBinary;
  /** Default 3. */
  readonly members?: number;
  /** Client connections need TLS and a client certificate. */
  readonly tls?: boolean;
  readonly heartbeatMs?: number;
  readonly electionMs?: number;
  readonly maxTxnOps?: number;
  /** How long a token of the simple kind lives unused, in seconds. */
  readonly authTokenTtlSeconds?: number;
  /** `--quota-backend-bytes`. */
  readonly quotaBytes?: number;
}

export interface EtcdctlOptions {
  /** `name:password`; passed in the environment, not on the command line. */
  readonly user?: string;
  readonly input?: string;
  /** Ask this member alone. */
  readonly member?: EtcdMember;
}

/** A real cluster on loopback, for tests. */
export interface EtcdCluster {
  readonly version: string;
  readonly members: readonly EtcdMember[];
  readonly endpoints: readonly string[];
  readonly certificates: TestCertificates | null;
  readonly folder: string;
  /** `--initial-cluster` and `--initial-cluster-token` of its start; the cluster's id comes from both. */
  readonly made: { readonly from: string; readonly token: string };
  /** The current leader; waits for one, rejects if none appears in a minute. */
  leader(): Promise<EtcdMember>;
  /** Settles when every running member answers linearizable reads. */
  settled(): Promise<void>;
  /** SIGKILL for all. */
  stopAll(): Promise<void>;
  startAll(): Promise<void>;
  /** The lost member is removed, wiped, added again under its address and started. */
  rejoin(member: EtcdMember): Promise<void>;
  /** Run `etcdctl` against the cluster; settles to its output. */
  etcdctl(args: readonly string[], options?: EtcdctlOptions): Promise<string>;
  /** Run `etcdutl`, which works on files; settles to its output. Null if this build of etcd has none. */
  readonly etcdutl: ((args: readonly string[]) => Promise<string>) | null;
  /** Kill all and remove everything. Idempotent; runs by itself when the process ends. */
  close(): Promise<void>;
}

const WAIT = { timeoutMs: 60_000, everyMs: 25 };
const ETCDCTL_TIMEOUT_MS = 60_000;
/** By default it gives up after 2 and 5 s, which a busy machine may exceed. */
const ETCDCTL_PATIENCE = { ETCDCTL_DIAL_TIMEOUT: '20s', ETCDCTL_COMMAND_TIMEOUT: '30s' };

/**
 * Start a cluster with temporary data on free ports. If a member does not start, it removes everything and
 * rejects.
 */
export async function startEtcdCluster(options: EtcdClusterOptions): Promise<EtcdCluster> {
  const found = findEtcd(options.binary);
  if (!found.found) throw new Error(found.why);
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-etcd-'));
  const certificates = options.tls === true ? makeCertificates(folder) : null;
  const token = randomUUID();
  const { members, from } = await makeMembers(options, { program: found.etcd, folder, token }, certificates);
  const release = removeAtExit(members, folder);
  const cluster = clusterOf({ members, folder, certificates, made: { from, token } }, found, release);
  try {
    await cluster.startAll();
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

async function makeMembers(
  options: EtcdClusterOptions,
  place: { readonly program: string; readonly folder: string; readonly token: string },
  certificates: TestCertificates | null,
): Promise<{ readonly members: readonly EtcdMember[]; readonly from: string }> {
  const count = options.members ?? 3;
  const ports = await freePorts(3 * count);
  const scheme = certificates === null ? 'http' : 'https';
  const places = Array.from({ length: count }, (_, index) => ({
    name: `m${index + 1}`,
    clientUrl: `${scheme}://127.0.0.1:${ports[3 * index]}`,
    peerUrl: `http://127.0.0.1:${ports[3 * index + 1]}`,
    metricsUrl: `http://127.0.0.1:${ports[3 * index + 2]}`,
  }));
  const cluster = places.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
  const shared = { ...place, cluster, flags: flagsOf(options, certificates) };
  return { members: places.map((one) => etcdMember({ ...shared, ...one })), from: cluster };
}

function flagsOf(options: EtcdClusterOptions, certificates: TestCertificates | null): string[] {
  const flags: Record<string, string | number | undefined> = {
    'heartbeat-interval': options.heartbeatMs ?? 50,
    'election-timeout': options.electionMs ?? 500,
    'max-txn-ops': options.maxTxnOps,
    'auth-token-ttl': options.authTokenTtlSeconds,
    // The lowest bcrypt cost that etcd accepts: tests authenticate often.
    'bcrypt-cost': 4,
    'quota-backend-bytes': options.quotaBytes,
    'cert-file': certificates?.server.certFile,
    'key-file': certificates?.server.keyFile,
    'trusted-ca-file': certificates?.authority.certFile,
    'client-cert-auth': certificates === null ? undefined : 'true',
  };
  return Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );
}

type Found = Extract<FoundEtcd, { readonly found: true }>;

function clusterOf(
  about: Pick<EtcdCluster, 'members' | 'folder' | 'certificates' | 'made'>,
  found: Found,
  release: () => void,
): EtcdCluster {
  const { members, folder, certificates, made } = about;
  const endpoints = members.map(({ clientUrl }) => clientUrl);
  const etcdctl = etcdctlOf(found, endpoints, certificates);
  const awake = (): EtcdMember[] => members.filter((member) => member.running() && !member.paused());

  async function leader(): Promise<EtcdMember> {
    return waitFor(
      'a leader of the cluster',
      async () => {
        const asked = awake();
        const leads = await Promise.all(asked.map((member) => member.leads()));
        const leaders = asked.filter((_, index) => leads[index]);
        return leaders.length === 1 ? leaders[0] : undefined;
      },
      WAIT,
    );
  }

  async function settled(): Promise<void> {
    await waitFor(
      'healthy members of the cluster',
      async () => {
        const well = await Promise.all(awake().map((member) => member.healthy()));
        return well.every(Boolean);
      },
      WAIT,
    );
  }

  return {
    version: found.version,
    members,
    endpoints,
    certificates,
    folder,
    made,
    leader,
    settled,
    etcdctl,
    etcdutl: etcdutlOf(found),
    rejoin: (member) => rejoin(member, members, etcdctl, settled),
    stopAll: async () => {
      await Promise.all(members.map((member) => member.kill()));
    },
    startAll: async () => {
      await Promise.all(members.filter((member) => !member.running()).map((member) => member.start()));
      await settled();
    },
    close: async () => {
      await Promise.all(members.map((member) => member.kill()));
      rmSync(folder, { recursive: true, force: true });
      release();
    },
  };
}

function etcdctlOf(
  { etcdctl, version }: Found,
  endpoints: readonly string[],
  certificates: TestCertificates | null,
): EtcdCluster['etcdctl'] {
  return (args, options = {}) => {
    const asked = options.member === undefined ? endpoints : [options.member.clientUrl];
    const env = {
      PATH: process.env.PATH,
      // 3.4 has both versions of the API; later ones only warn about the variable.
      ...(version.startsWith('3.4.') ? { ETCDCTL_API: '3' } : {}),
      ETCDCTL_ENDPOINTS: asked.join(','),
      ...ETCDCTL_PATIENCE,
      ...(options.user === undefined ? {} : { ETCDCTL_USER: options.user }),
      ...(certificates === null ? {} : clientFiles(certificates)),
    };
    return runProgram(etcdctl, args, env, options.input);
  };
}

function etcdutlOf({ etcdutl }: Found): EtcdCluster['etcdutl'] {
  if (etcdutl === null) return null;
  return (args) => runProgram(etcdutl, args, { PATH: process.env.PATH }, undefined);
}

async function rejoin(
  member: EtcdMember,
  members: readonly EtcdMember[],
  etcdctl: EtcdCluster['etcdctl'],
  settled: () => Promise<void>,
): Promise<void> {
  await member.kill();
  member.wipe();
  const survivor = members.find((other) => other !== member && other.running());
  if (survivor === undefined) throw new Error('no member is left to ask');
  const list = await etcdctl(['member', 'list'], { member: survivor });
  const id = list
    .split('\n')
    .map((line) => line.split(', '))
    .find((fields) => fields[2] === member.name)?.[0];
  if (id === undefined) throw new Error(`${member.name} is not a member: ${list}`);
  // etcd refuses changes until the remaining members have seen each other for 5 s ("unhealthy cluster").
  const change = (args: readonly string[]) =>
    waitFor('a cluster ready for a change', () => etcdctl(args, { member: survivor }), WAIT);
  await change(['member', 'remove', id]);
  await change(['member', 'add', member.name, `--peer-urls=${member.peerUrl}`]);
  await member.start('existing');
  await settled();
}

function clientFiles(certificates: TestCertificates): Record<string, string> {
  return {
    ETCDCTL_CACERT: certificates.authority.certFile,
    ETCDCTL_CERT: certificates.client.certFile,
    ETCDCTL_KEY: certificates.client.keyFile,
  };
}

function runProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { env, timeout: ETCDCTL_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${basename(program)} ${args.join(' ')}: ${stderr || error.message}`));
    });
    // A program that reads no input may have ended before the write.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

/** Kill by pid and remove, synchronously. Returns a function that calls it off. */
function removeAtExit(members: readonly EtcdMember[], folder: string): () => void {
  return atExit(() => {
    for (const member of members) void member.kill();
    rmSync(folder, { recursive: true, force: true });
  });
}
