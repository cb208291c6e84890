import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * The process that listens at a port of this machine in the place of this one. Null if this one listens, or
 * if no process does. Its pid is 0 if this user cannot see who it is. `name`: its short name, such as
 * `polkadot`. `isBelow`: this one started it, directly or not. Of Linux (proc(5)).
 */
export function otherServer(pid: number, port: number) {
  const sockets = listeningSockets(port);
  // A process whose files cannot be seen has ended, or may be the one that listens.
  const isSeen = listed(`/proc/${pid}/fd`).length > 0;
  if (sockets.size === 0 || !isSeen || holdsSocket(pid, sockets)) return null;
  const below = processesBelow(pid);
  const found = [...below, ...pids()].find((each) => holdsSocket(each, sockets)) ?? 0;
  const name = textOf(`/proc/${found}/comm`).trim();
  return { pid: found, name, isBelow: below.includes(found) };
}

/** State of a socket that listens, in /proc/net/tcp. */
const LISTENS = '0A';

/** The inodes of the sockets that listen at a port, for example `socket:[4711]`. */
function listeningSockets(port: number): ReadonlySet<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = ['tcp', 'tcp6'].flatMap((table) => textOf(`/proc/net/${table}`).split('\n').slice(1));
  const fields = lines.map((line) => line.trim().split(/\s+/));
  const listening = fields.filter(([, local = '', , state]) => local.endsWith(wanted) && state === LISTENS);
  return new Set(listening.map((each) => `socket:[${each[9]}]`));
}

function holdsSocket(pid: number, sockets: ReadonlySet<string>): boolean {
  return listed(`/proc/${pid}/fd`).some((fd) => sockets.has(linkOf(`/proc/${pid}/fd/${fd}`)));
}

function processesBelow(pid: number): readonly number[] {
  const children = Map.groupBy(pids(), parentOf);
  const below = (of: number): number[] => (children.get(of) ?? []).flatMap((each) => [each, ...below(each)]);
  return below(pid);
}

const pids = (): readonly number[] =>
  listed('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The fourth field of `stat`; the second one, the name in parentheses, may hold spaces. */
function parentOf(pid: number): number {
  return Number(/\) \S+ (\d+) /.exec(textOf(`/proc/${pid}/stat`))?.[1] ?? 0);
}

/** A process may end while it is read. */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

const textOf = (path: string): string => orElse(() => readFileSync(path, 'utf8'), '');
const listed = (path: string): readonly string[] => orElse(() => readdirSync(path), []);
const linkOf = (path: string): string => orElse(() => readlinkSync(path), '');
