import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

/**
 * Network namespaces for nodes. Each has two links: `peers`, to a bridge that only the nodes of the network
 * share, and `host`, to this machine alone, for the RPC. A cut drops every packet of the peers' link, like a
 * pulled cable that the machines do not notice: no interface goes down. Nodes reach
 * a service over a unix socket instead (`startLine`), which no namespace hides.
 */
export interface NamespaceNet {
  /** Make the namespace of the next node. */
  add(): NodeNamespace;
  /** Remove all namespaces, links and the bridge. The processes inside must have ended. */
  close(): void;
}

export interface NodeNamespace {
  /** Command words before a program; they become that program, so the pid stays. */
  readonly command: readonly string[];
  /** The address for other nodes. */
  readonly peerAddress: string;
  /** The address for this machine. */
  readonly hostAddress: string;
  /** Drop the packets to its peers and from them. */
  cutPeers(): void;
  healPeers(): void;
}

const NETS = 250;
const NODES = 60;
const PREFIX = 'wbnet';
const TIMEOUT_MS = 30_000;
const NAMESPACES = '/run/netns';

/** Null if namespaces can be made here, else the reason and the remedy. */
export function namespacesMissing(): string | null {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const [program, argument] of [
    ['ip', '-V'],
    ['tc', '-V'],
    ['nsenter', '-V'],
  ] as const) {
    try {
      run(program, argument);
    } catch {
      return `${program} is missing; run: apt-get install iproute2 util-linux`;
    }
  }
  return triedOut();
}

function triedOut(): string | null {
  const probe = `${PREFIX}-probe-${process.pid}`;
  try {
    ip('netns', 'add', probe);
    run('ip', '-n', probe, 'link', 'add', 'wbprobe', 'type', 'veth', 'peer', 'name', 'wbprobe2');
    run('tc', '-n', probe, 'qdisc', 'add', 'dev', 'wbprobe', 'root', 'blackhole');
    return null;
  } catch (error) {
    return `the kernel refused a network namespace with a veth pair: ${messageOf(error)}`;
  } finally {
    quietly(() => ip('netns', 'del', probe));
  }
}

/** Take a free network (of 250) and make its bridge. Throws and cleans up if that fails. */
export function createNamespaceNet(): NamespaceNet {
  removeOrphans();
  const net = takeBridge();
  let count = 0;
  return {
    add: () => {
      count += 1;
      if (count > NODES) throw new Error(`a test network has at most ${NODES} namespaces`);
      return makeNamespace(net, count);
    },
    close: () => removeNet(net),
  };
}

/** Links first: the kernel takes its time with those of a namespace that is deleted. */
function removeNet(net: number): void {
  for (const name of namespacesOf(net)) {
    const index = name.slice(name.lastIndexOf('-') + 1);
    for (const link of [peerLinkName(net, index), hostLinkName(net, index)])
      quietly(() => ip('link', 'del', link));
    quietly(() => ip('netns', 'del', name));
  }
  quietly(() => ip('link', 'del', bridgeName(net)));
}

function peerLinkName(net: number, index: number | string): string {
  return `wbp${net}-${index}`;
}

function hostLinkName(net: number, index: number | string): string {
  return `wbh${net}-${index}`;
}

function bridgeName(net: number): string {
  return `${PREFIX}${net}`;
}

function namespacesOf(net: number): string[] {
  const names = existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : [];
  return names.filter((name) => name.startsWith(`${PREFIX}${net}-`));
}

/** Making the bridge reserves the network: the kernel refuses the name a second time. */
function takeBridge(): number {
  let last = '';
  for (let look = 0; look < NETS; look++) {
    const net = (process.pid + look) % NETS;
    try {
      ip('link', 'add', bridgeName(net), 'type', 'bridge');
    } catch (error) {
      last = messageOf(error);
      continue;
    }
    ip('link', 'set', bridgeName(net), 'alias', `watchbill ${process.pid}`);
    ip('link', 'set', bridgeName(net), 'up');
    return net;
  }
  throw new Error(`no test network is free: ${last}`);
}

/** The leftovers of a process that was killed with SIGKILL: its bridge names it. */
function removeOrphans(): void {
  const links = ip('-o', 'link', 'show', 'type', 'bridge').split('\n');
  for (const line of links) {
    const found = new RegExp(`: ${PREFIX}(\\d+): .*alias watchbill (\\d+)`).exec(line);
    if (found === null || existsSync(`/proc/${found[2]}`)) continue;
    removeNet(Number(found[1]));
  }
}

function makeNamespace(net: number, index: number): NodeNamespace {
  const name = `${PREFIX}${net}-${index}`;
  const inside = (...args: readonly string[]): string => ip('-n', name, ...args);
  const [peerLink, hostLink] = [peerLinkName(net, index), hostLinkName(net, index)];
  const peerAddress = `10.213.${net}.${index}`;
  const [thisEnd, hostAddress] = [`10.214.${net}.${4 * index + 1}`, `10.214.${net}.${4 * index + 2}`];
  // A namespace takes its ends of both pairs with it when it is deleted.
  ip('netns', 'add', name);
  ip('link', 'add', peerLink, 'type', 'veth', 'peer', 'name', 'peers', 'netns', name);
  ip('link', 'set', peerLink, 'master', bridgeName(net), 'up');
  ip('link', 'add', hostLink, 'type', 'veth', 'peer', 'name', 'host', 'netns', name);
  ip('addr', 'add', `${thisEnd}/30`, 'dev', hostLink);
  ip('link', 'set', hostLink, 'up');
  inside('addr', 'add', `${peerAddress}/24`, 'dev', 'peers');
  inside('addr', 'add', `${hostAddress}/30`, 'dev', 'host');
  for (const device of ['lo', 'peers', 'host']) inside('link', 'set', device, 'up');
  let isCut = false;
  const cut = (wanted: boolean): void => {
    if (wanted === isCut) return;
    isCut = wanted;
    const what = wanted ? 'add' : 'del';
    const kind = wanted ? ['blackhole'] : [];
    run('tc', '-n', name, 'qdisc', what, 'dev', 'peers', 'root', ...kind);
    run('tc', 'qdisc', what, 'dev', peerLink, 'root', ...kind);
  };
  return {
    command: ['nsenter', `--net=${NAMESPACES}/${name}`, '--'],
    peerAddress,
    hostAddress,
    cutPeers: () => cut(true),
    healPeers: () => cut(false),
  };
}

function ip(...args: readonly string[]): string {
  return run('ip', ...args);
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // Ignores links that are gone already.
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}
