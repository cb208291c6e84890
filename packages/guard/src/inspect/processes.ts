import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { anyKeyNameOf, type PublicKey } from '../custody/key-name.ts';
import { commandOf } from './command.ts';
import { keystoresBelow } from './keystore.ts';
import { looked, type ValueOf } from './look.ts';

/** Programs whose command line has that of the node, and which are not it. */
const CARRIERS = /^(?:ba|da|z)?sh$|^(?:sudo|su|ssh|docker|podman|nerdctl|kubectl|grep|vim?|less|tail|watch)$/;
/** Files that a node has open below its base path. */
const OPEN = /^(?<base>.*)\/chains\/(?<chain>[^/]+)\/(?:(?<database>db|paritydb)|keystore|network)(?:\/|$)/;
/** Commands of a node's program that are no node. */
const TOOLS =
  /^(?:key|sign|verify|inspect|vanity|benchmark|purge-chain|chain-info|build-spec|check-block|revert|db)$|^(?:ex|im)port-/;
/** Two of these, or one of a signer, are the command of a node. */
const NODE_FLAGS =
  /^--(?:base-path|chain|rpc-port|keystore-path|database|bootnodes|node-key-file|pruning)(?:=|$)/;

/**
 * Reads the processes of a machine: nodes, and key files that are mounted one by one, in every namespace,
 * since each container has its own.
 */
export const inspectProcesses = looked(async (root: string) => {
  const proc = join(root, 'proc');
  const namespaces = new Set<string>();
  const found: { pid: number; parent: number; node: NodeProcess | null }[] = [];
  const dataRoots: string[] = [];
  const guards: string[] = [];
  const mounts: MountedKey[] = [];
  const names = (await readdir(proc)).filter((each) => /^\d+$/.test(each));
  // Each machine and each container has a process 1: without it, `hidepid` hides those of other users.
  let closed = names.includes('1') ? 0 : 1;
  for (const name of names) {
    const at = join(proc, name);
    const stats = await textOf(join(at, 'stat'));
    // A process that ended, and whose parent did not ask for its status, has nothing to look at.
    if (/\) [ZX] /.test(stats)) continue;
    const argv = (await textOf(join(at, 'cmdline'))).split('\0').slice(0, -1);
    if (basename(argv[0] ?? '') === 'dockerd') dataRoots.push(flagOf(argv, 'data-root') ?? '/var/lib/docker');
    if (isGuard(argv)) guards.push(flagOf(argv, 'sealed') ?? '');
    const parent = Number(/\) \S (\d+)/.exec(stats)?.[1] ?? 0);
    found.push({ pid: Number(name), parent, node: await nodeOf(root, name, argv) });
    const keys = await mountsOf(at, Number(name), namespaces);
    if (keys === null) closed += 1;
    else mounts.push(...keys);
  }
  // A wrapper stays above the node that it started.
  const parents = new Map(found.map(({ pid, parent }) => [pid, parent]));
  const wrappers = new Set<string>();
  for (const { node, parent } of found)
    for (let at = parent, left = 64; node && at && left > 0; at = parents.get(at) ?? 0, left--)
      wrappers.add(`${at} ${node.identities[0]}`);
  const nodes = found.flatMap(({ node }) => node ?? []);
  const own = nodes.filter(({ pid, identities: [base] }) => !wrappers.has(`${pid} ${base}`));
  return {
    nodes: own,
    mounts,
    /** Folders that the command of Docker names for its data. */
    dataRoots,
    /** The sealed keys of each guard that runs; empty if its command does not name them. */
    guards,
    /** How many processes this user cannot look at. */
    closed,
  };
});

export type ProcessFacts = ValueOf<typeof inspectProcesses>;
/** A process that runs a node. A path is null if it is not known. */
export type NodeProcess = NonNullable<Awaited<ReturnType<typeof nodeOf>>>;
/** A single key file that is mounted into a container: `path` there, and `pid` of a process that sees it. */
type MountedKey = PublicKey & { readonly path: string; readonly pid: number };

/** Empty if it does not exist, or is closed to this user. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
const linkOf = (path: string): Promise<string> => readlink(path).catch(() => '');

export function flagOf(argv: readonly string[], name: string, short = `--${name}`): string | null {
  const names = [short, `--${name}`];
  const at = argv.findIndex((each) => names.some((one) => each === one || each.startsWith(`${one}=`)));
  const own = argv[at];
  if (own === undefined) return null;
  return own.includes('=') ? own.slice(own.indexOf('=') + 1) : (argv[at + 1] ?? null);
}

const isGuard = (argv: readonly string[]): boolean =>
  argv.some((word, at) => word === 'guard' && argv[at + 1] === 'run');

/** Null if it is no node. A signer has key files open, or says so in its command line. */
async function nodeOf(root: string, pid: string, argv: readonly string[]) {
  const [program = ''] = argv;
  const at = join(root, 'proc', pid);
  if (program === '' || CARRIERS.test(basename(program)) || TOOLS.test(argv[1] ?? '')) return null;
  const { signs } = commandOf(argv.join(' '));
  const files = await readdir(join(at, 'fd')).catch((): string[] => []);
  const open = await Promise.all(files.map((file) => linkOf(join(at, 'fd', file))));
  const holdsKey = open.some((path) => anyKeyNameOf(basename(path)) !== null);
  const inUse = open.flatMap((path) => {
    const { base, chain, database } = OPEN.exec(path)?.groups ?? {};
    return base === undefined ? [] : [{ base, chain, database }];
  });
  const isNode =
    signs === true || inUse.length > 0 || argv.filter((each) => NODE_FLAGS.test(each)).length > 1;
  // The guard is no node: it starts one.
  if (isGuard(argv) || (!isNode && !holdsKey)) return null;
  const cwd = await linkOf(join(at, 'cwd'));
  const absolute = (path: string | null): string | null =>
    path === null || isAbsolute(path) ? path : cwd === '' ? null : join(cwd, path);
  const named = absolute(flagOf(argv, 'base-path', '-d'));
  // A collator has the chain of its relay open as well, below its base path.
  const first = inUse.filter(({ base }) => base === named);
  const used = [...first, ...inUse].find(({ database }) => database !== undefined) ?? inUse[0];
  const basePath = named ?? used?.base ?? null;
  const chain = used === undefined ? null : `${used.base}/chains/${used.chain}`;
  const groups = await textOf(join(at, 'cgroup'));
  const container = /(?:docker|libpod|cri-containerd|crio|kubepods)\S*?(?<id>[0-9a-f]{64})/.exec(groups);
  const namespace = (await linkOf(join(at, 'ns', 'mnt'))) || (container?.groups?.id ?? '');
  // Each container has its own folders.
  const seen = (path: string): string => join(...(container === null ? [root] : [at, 'root']), path);
  const home = basePath ?? flagOf(argv, 'keystore-path');
  const keystore = absolute(flagOf(argv, 'keystore-path')) ?? (chain === null ? null : `${chain}/keystore`);
  const keystores = keystore === null ? await keystoresBelow(basePath && seen(basePath)) : [seen(keystore)];
  const identities = [
    await identityOf(join(at, 'root', home ?? `no ${pid}`), `${namespace} ${home ?? pid}`),
    ...(await Promise.all(keystores.map((path) => identityOf(path, path)))),
  ];
  return {
    ...{ pid: Number(pid), program: basename(program), basePath },
    /** It has a key file open, or its command says so. Null if that is not known. */
    signs: holdsKey ? true : signs,
    /** Several if its chain is not known. */
    keystores,
    /** Of its base path, then of its keystores. Two processes with one in common use one folder. */
    identities: [...new Set(identities)],
    database: used?.database === undefined ? null : seen(`${chain}/${used.database}`),
    /** It is in another network, so that another node may answer at the address of its RPC. */
    isApart: await isApart(root, at),
    /** Where its RPC listens by its flags. */
    url: `ws://127.0.0.1:${flagOf(argv, 'rpc-port') ?? flagOf(argv, 'ws-port') ?? '9944'}`,
    unit:
      container === null ? (/\/(?!user@)(?<unit>[^/]+\.service)$/m.exec(groups)?.groups?.unit ?? null) : null,
    /** The unit is one of a user, which only `systemctl --user` shows. */
    ofUser: /\/user@\d+\.service\//.test(groups),
    container: container?.groups?.id ?? null,
  };
}

async function isApart(root: string, at: string): Promise<boolean> {
  const [first, own] = await Promise.all(
    [join(root, 'proc/1'), at].map((each) => linkOf(join(each, 'ns/net'))),
  );
  return first !== '' && own !== '' && first !== own;
}

/** Device and inode: one folder may have two names. */
const identityOf = (path: string, unseen: string): Promise<string> =>
  stat(path).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => unseen,
  );

/** The key files that a process sees mounted alone; null if this user cannot look. */
async function mountsOf(
  at: string,
  pid: number,
  namespaces: Set<string>,
): Promise<readonly MountedKey[] | null> {
  try {
    const namespace = await readlink(join(at, 'ns', 'mnt'));
    if (namespaces.has(namespace)) return [];
    const text = await readFile(join(at, 'mountinfo'), 'utf8');
    namespaces.add(namespace);
    return mountedKeys(text).map((key) => ({ ...key, pid }));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // The process has ended since the folder was listed.
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes(code)) return [];
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    return null;
  }
}

/** Of the fields in `/proc/PID/mountinfo`, the fourth is the mounted path, and the fifth the mount point. */
function mountedKeys(text: string): readonly Omit<MountedKey, 'pid'>[] {
  return text.split('\n').flatMap((line) => {
    // The kernel writes a space as `\\040`.
    const [, , , source = '', path = ''] = line
      .split(' ')
      .map((field) =>
        field.replace(/\\[0-7]{3}/g, (code) => String.fromCharCode(Number(`0o${code.slice(1)}`))),
      );
    const name = anyKeyNameOf(basename(path)) ?? anyKeyNameOf(basename(source));
    return name === null ? [] : [{ ...name, path }];
  });
}
