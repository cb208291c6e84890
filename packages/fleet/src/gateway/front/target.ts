import { isIP, isIPv6 } from 'node:net';

/** Where a node is, for HAProxy. */
export interface NodeTarget {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** What the node is told as `Host`; also the server's name in the configuration, whose letters are few. */
  readonly name: string;
  /** Its host is a name, which may come to mean another address. */
  readonly isNamed: boolean;
}

export function nodeTarget(url: string): NodeTarget {
  const { hostname, port: given, protocol } = new URL(url);
  const isTls = protocol === 'wss:';
  const port = given === '' ? (isTls ? 443 : 80) : Number(given);
  const bare = hostname.replaceAll(/[[\]]/g, '');
  const host = bare === 'localhost' ? '127.0.0.1' : bare;
  // Nodes on loopback answer to the names of loopback alone. Brackets cannot stand in the name of a server.
  const named = host === '::1' ? 'localhost' : host.replaceAll(':', '-');
  return { host, port, isTls, name: `${named}:${port}`, isNamed: isIP(host) === 0 };
}

export function authority(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host === 'localhost' ? '127.0.0.1' : host}:${port}`;
}

/** What of the nodes a front cannot do, by place in their list. */
export function frontProblems(urls: readonly string[]): readonly (readonly [at: number, problem: string])[] {
  const targets = urls.map(nodeTarget);
  return urls.flatMap((text, at): readonly (readonly [number, string])[] => {
    const url = new URL(text);
    const target = targets[at];
    if (url.pathname !== '/' || url.search !== '')
      return [[at, 'with a front a node is asked at /: leave the path away, or the front']];
    if (target?.isTls === true && !target.isNamed)
      return [
        [
          at,
          'with a front the certificate of a node is checked by its name: give the name, or leave the front away',
        ],
      ];
    if (targets.findIndex(({ name }) => name === target?.name) < at)
      return [[at, 'with a front each node has an address of its own']];
    return [];
  });
}
