import { usageFault } from '../fault.ts';
import type { Given } from './origin.ts';

const FORMS = 'use sqlite:PATH, etcd://HOST:PORT,HOST:PORT/PREFIX or memory:';

/**
 * What `--store URL` stands for: `sqlite:PATH`, `etcd://h1:p1,h2:p2/prefix`, `memory:`. Throws a usage fault on
 * anything else; a URL with a password in it is refused and never repeated in the text.
 */
export function givenByStoreUrl(url: string): readonly Given[] {
  const origin = { kind: 'flag', name: '--store' } as const;
  const given = (values: Readonly<Record<string, unknown>>): readonly Given[] =>
    Object.entries(values).map(([name, value]) => ({ path: `store.${name}`, value, origin }));
  if (/^etcd:.*@/.test(url))
    throw usageFault(
      'the store URL must not hold a user or a password',
      'set store.auth.user and store.auth.passwordFile instead',
      'flag --store',
    );
  if (url === 'memory:' || url === 'memory') return given({ kind: 'memory' });
  const sqlite = /^sqlite:(?:\/\/)?(?<path>.+)$/.exec(url)?.groups;
  if (sqlite !== undefined) return given({ kind: 'sqlite', path: sqlite.path });
  const etcd = /^etcd:\/\/(?<members>[^/]+)(?<prefix>\/.*)?$/.exec(url)?.groups;
  if (etcd === undefined) throw usageFault('the store URL has no known form', FORMS, 'flag --store');
  const endpoints = (etcd.members ?? '').split(',');
  const prefix =
    etcd.prefix === undefined || etcd.prefix === '/' ? {} : { prefix: `${etcd.prefix.replace(/\/+$/, '')}/` };
  return given({ kind: 'etcd', endpoints, ...prefix });
}
