import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Below {
  readonly pid: number;
  /** Its short name, such as `polkadot`. */
  readonly name: string;
}

/**
 * The process that listens at a port of this machine, if another one started it, directly or not; null if
 * that one listens itself, or the listener is not below it. Of Linux (proc(5)).
 */
export function servedBelow(pid: number, port: number): Below | null {
  const sockets = listeningSockets(port);
  if (sockets.size === 0 || holdsSocket(pid, sockets)) return null;
  const found = processesBelow(pid).find((each) => holdsSocket(each, sockets));
  return found === undefined ? null : { pid: found, name: textOf(`/proc/${found}/comm`).trim() };
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
  const children = Map.groupBy(
    listed('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number),
    parentOf,
  );
  const below = (of: number): number[] => (children.get(of) ?? []).flatMap((each) => [each, ...below(each)]);
  return below(pid);
}

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
