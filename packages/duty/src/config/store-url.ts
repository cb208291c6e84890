import { usageFault } from '@watchbill/kit';
import type { Given } from './origin.ts';

const FORMS = 'use sqlite:PATH, etcd://HOST:PORT,HOST:PORT/PREFIX or tikv://HOST:PORT,HOST:PORT/PREFIX';

/**
 * The settings that `--store URL` and `WATCHBILL_STORE` in the environment are short for: `sqlite:PATH`,
 * `etcd://h1:p1,h2:p2/prefix`, `tikv://` with the members of PD in the same form. Throws a usage
 * fault on anything else; a URL with a password in it is refused and never repeated in the text.
 */
export function givenByStoreUrl(
  url: string,
  origin: Given['origin'] = { kind: 'flag', name: '--store' },
): readonly Given[] {
  const where = origin.kind === 'environment' ? `environment ${origin.name}` : 'flag --store';
  const given = (values: Readonly<Record<string, unknown>>): readonly Given[] =>
    Object.entries(values).map(([name, value]) => ({ path: `store.${name}`, value, origin }));
  if (/^(?:etcd|tikv):.*@/.test(url))
    throw usageFault(
      'the store URL must not hold a user or a password',
      url.startsWith('etcd:')
        ? 'set store.auth.user and store.auth.passwordFile instead'
        : 'TiKV has no users; name host and port only',
      where,
    );
  const sqlite = /^sqlite:(?:\/\/)?(?<path>.+)$/.exec(url)?.groups;
  if (sqlite !== undefined) return given({ kind: 'sqlite', path: sqlite.path });
  const cluster = /^(?<kind>etcd|tikv):\/\/(?<members>[^/]+)(?<prefix>\/.*)?$/.exec(url)?.groups;
  if (cluster === undefined) throw usageFault('the store URL has no known form', FORMS, where);
  const { kind, members = '', prefix: path } = cluster;
  const prefix = path === undefined || path === '/' ? {} : { prefix: `${path.replace(/\/+$/, '')}/` };
  return given({ kind, endpoints: members.split(','), ...prefix });
}
