import { isLoopback, type Problem } from '@watchbill/kit';
import { type Origin, originText } from './origin.ts';
import { getAt } from './tree.ts';

type Tree = Record<string, unknown>;
type OriginOf = (path: string) => Origin;

/**
 * Rules between values. They read the merged values as given, so that they also run where a shape is wrong.
 */
export function crossChecks(tree: Tree, originOf: OriginOf): Problem[] {
  const has = (path: string) => {
    const value = getAt(tree, path.split('.'));
    return value !== undefined && value !== null && value !== '';
  };
  const problem = (path: string, what: string, remedy: string): Problem => ({
    what,
    where: originText(originOf(path)),
    remedy,
  });
  const needs = (one: string, other: string): Problem[] =>
    has(one) && !has(other)
      ? [problem(one, `${one} is set without ${other}`, `set ${other} too, or neither`)]
      : [];
  return [
    ...needs('tls.certFile', 'tls.keyFile'),
    ...needs('tls.keyFile', 'tls.certFile'),
    ...needs('tls.clientCaFile', 'tls.certFile'),
    ...needs('store.tls.certFile', 'store.tls.keyFile'),
    ...needs('store.tls.keyFile', 'store.tls.certFile'),
    ...needs('store.auth.user', 'store.auth.passwordFile'),
    ...needs('store.auth.passwordFile', 'store.auth.user'),
    ...needs('operator.certFile', 'operator.keyFile'),
    ...needs('operator.keyFile', 'operator.certFile'),
    ...clusterNeedsEndpoints(tree, problem),
    ...tikvHasNoUsers(tree, has, problem),
    ...oneListener(tree, problem),
    ...publicNeedsTls(tree, has, problem),
    ...ownAddress(tree, problem),
  ];
}

type MakeProblem = (path: string, what: string, remedy: string) => Problem;

function clusterNeedsEndpoints(tree: Tree, problem: MakeProblem): Problem[] {
  const endpoints = getAt(tree, ['store', 'endpoints']);
  const empty = endpoints === undefined || (Array.isArray(endpoints) && endpoints.length === 0);
  const kind = getAt(tree, ['store', 'kind']);
  if ((kind !== 'etcd' && kind !== 'tikv') || !empty) return [];
  const members = kind === 'etcd' ? 'the members' : 'the members of PD';
  return [
    problem(
      'store.kind',
      `store.kind is ${kind} and no endpoint is named`,
      `list ${members} in store.endpoints`,
    ),
  ];
}

function tikvHasNoUsers(tree: Tree, has: (path: string) => boolean, problem: MakeProblem): Problem[] {
  if (getAt(tree, ['store', 'kind']) !== 'tikv' || !has('store.auth.user')) return [];
  return [
    problem(
      'store.auth.user',
      'store.auth is set and TiKV has no users',
      'remove it; TiKV accepts every client with a certificate of its authority (store.tls)',
    ),
  ];
}

function oneListener(tree: Tree, problem: MakeProblem): Problem[] {
  const listen = (name: string) => getAt(tree, ['service', 'listen', name]);
  if (listen('socket') === undefined) return [];
  if (listen('host') === undefined && listen('port') === undefined) return [];
  return [
    problem(
      'service.listen.socket',
      'service.listen has a socket and also a host or port',
      'keep the socket, or host and port',
    ),
  ];
}

function publicNeedsTls(tree: Tree, has: (path: string) => boolean, problem: MakeProblem): Problem[] {
  const host = getAt(tree, ['service', 'listen', 'host']);
  if (typeof host !== 'string' || isLoopback(host) || has('tls.certFile')) return [];
  return [
    problem(
      'service.listen.host',
      `service.listen.host ${host} can be reached from other machines and there is no TLS`,
      'listen on 127.0.0.1, or set tls.certFile and tls.keyFile (`watchbill init --tls` makes them)',
    ),
  ];
}

/** Other services send the secret of the ledger to this address, and every list of services shows it. */
function ownAddress(tree: Tree, problem: MakeProblem): Problem[] {
  const text = getAt(tree, ['service', 'url']);
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (typeof text !== 'string' || url === null) return [];
  const found: Problem[] = [];
  const wrong = (what: string, remedy: string) => found.push(problem('service.url', what, remedy));
  if (url.username !== '' || url.password !== '')
    wrong(
      'service.url holds a user or a password, which the list of services would show',
      'remove it; services know each other by the secret of their ledger',
    );
  if (/[?#]/.test(text)) wrong('service.url has a query or a fragment', 'name scheme, host and port alone');
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    wrong(
      'service.url is http: the secret of the ledger would cross the network in clear',
      'use https, with tls.certFile and tls.keyFile (`watchbill init --tls` makes them)',
    );
  return found;
}
