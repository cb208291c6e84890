import { isLoopback, type Problem } from '@watchbill/kit';
import { type Origin, originText } from './origin.ts';
import { getAt } from './tree.ts';

/** The merged values as given, by dotted path. */
type At = (path: string) => unknown;
type Found = readonly [path: string, what: string, remedy: string];

/** Certificate and key of each end of a TLS connection. */
export const TLS_SIDES = [
  ['tls.certFile', 'tls.keyFile'],
  ['store.tls.certFile', 'store.tls.keyFile'],
  ['operator.certFile', 'operator.keyFile'],
] as const;
/** Values that stand together or not at all. */
const TOGETHER = [...TLS_SIDES, ['store.auth.user', 'store.auth.passwordFile']] as const;
/** Values that need another one beside them. */
const PAIRS = [
  ...TOGETHER.flatMap(([one, other]) => [[one, other] as const, [other, one] as const]),
  ['tls.clientCaFile', 'tls.certFile'] as const,
];

/**
 * Rules between values. They read the merged values as given, so that they also run where a shape is wrong.
 */
export function crossChecks(
  tree: Record<string, unknown>,
  originOf: (path: string) => Origin,
): readonly Problem[] {
  const at = (path: string) => getAt(tree, path.split('.'));
  const lonely = PAIRS.filter(([one, other]) => has(at, one) && !has(at, other));
  const found: readonly Found[] = [
    ...lonely.map(
      ([one, other]) => [one, `${one} is set without ${other}`, `set ${other} too, or neither`] as const,
    ),
    ...storeProblems(at),
    ...listenProblems(at),
    ...addressProblems(at('service.url')),
  ];
  return found.map(([path, what, remedy]) => ({ what, where: originText(originOf(path)), remedy }));
}

function has(at: At, path: string): boolean {
  const value = at(path);
  return value !== undefined && value !== null && value !== '';
}

function* storeProblems(at: At): Iterable<Found> {
  const [kind, endpoints] = [at('store.kind'), at('store.endpoints')];
  const none = endpoints === undefined || (Array.isArray(endpoints) && endpoints.length === 0);
  if ((kind === 'etcd' || kind === 'tikv') && none) {
    const members = kind === 'etcd' ? 'the members' : 'the members of PD';
    const what = `store.kind is ${kind} and no endpoint is named`;
    yield ['store.kind', what, `list ${members} in store.endpoints`];
  }
  if (kind === 'tikv' && has(at, 'store.auth.user'))
    yield [
      'store.auth.user',
      'store.auth is set and TiKV has no users',
      'remove it; TiKV accepts every client with a certificate of its authority (store.tls)',
    ];
}

function* listenProblems(at: At): Iterable<Found> {
  const [host, port, socket] = ['host', 'port', 'socket'].map((name) => at(`service.listen.${name}`));
  if (socket !== undefined && (host !== undefined || port !== undefined))
    yield [
      'service.listen.socket',
      'service.listen has a socket and also a host or port',
      'keep the socket, or host and port',
    ];
  if (typeof host === 'string' && !isLoopback(host) && !has(at, 'tls.certFile'))
    yield [
      'service.listen.host',
      `service.listen.host ${host} can be reached from other machines and there is no TLS`,
      'listen on 127.0.0.1, or set tls.certFile and tls.keyFile (`watchbill init --tls` makes them)',
    ];
}

/** Other services send the secret of the ledger to this address, and every list of services shows it. */
function* addressProblems(text: unknown): Iterable<Found> {
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (typeof text !== 'string' || url === null) return;
  if (url.username !== '' || url.password !== '')
    yield [
      'service.url',
      'service.url holds a user or a password, which the list of services would show',
      'remove it; services know each other by the secret of their ledger',
    ];
  if (/[?#]/.test(text))
    yield ['service.url', 'service.url has a query or a fragment', 'name scheme, host and port alone'];
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    yield [
      'service.url',
      'service.url is http: the secret of the ledger would cross the network in clear',
      'use https, with tls.certFile and tls.keyFile (`watchbill init --tls` makes them)',
    ];
}
