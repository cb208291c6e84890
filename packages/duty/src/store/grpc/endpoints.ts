import type { Clock, Random } from '@watchbill/kit';
import { refused } from '../shared/checks.ts';
import type { ChannelTls } from './connection.ts';

/** The options that every cluster has. */
export interface ClusterOptions<WentBack> {
  /** Client addresses: `10.0.0.1:2379`, or with a scheme. Without one, https is used if `tls` is given. */
  readonly endpoints: readonly string[];
  /** Every key of this store begins with it in the cluster; default `/watchbill/`. */
  readonly prefix?: string;
  readonly tls?: ChannelTls;
  readonly clock: Clock;
  /** Spreads services over the members, and retries; default the operating system's. */
  readonly random?: Random;
  /** Budget of a call that does not set one, in milliseconds; default 5,000. */
  readonly callTimeoutMs?: number;
  /** Receives events for the operator: a member that failed, a watch that was resumed. Never a secret. */
  readonly log?: (message: string) => void;
  /**
   * The cluster answered from an older state than before, or is another cluster: restored from a backup,
   * wiped, or a wrong address. Called before the answer that shows it is returned, once per step back.
   */
  readonly onWentBack?: (detail: WentBack) => void;
}

/** The options with every default filled in and every address checked. */
export type ClusterSettings = ReturnType<typeof clusterSettings>;

/** The servers of a cluster as faults name them, and the remedy for an address with a user. */
export interface Named {
  readonly cluster: 'etcd' | 'TiKV';
  readonly server: 'etcd' | 'PD';
  readonly users: string;
}

/** Checks the options of a cluster. Throws a `refused` StoreFault that names the mistake. */
export function clusterSettings(options: ClusterOptions<never>, named: Named) {
  const { prefix = '/watchbill/', tls = null, callTimeoutMs = 5_000 } = options;
  return { endpoints: endpointUrls(options.endpoints, tls, named), prefix, tls, callTimeoutMs };
}

/** The addresses of a cluster; without a scheme, https if there is TLS. */
function endpointUrls(
  texts: readonly string[],
  tls: ChannelTls | null,
  { cluster, server, users }: Named,
): readonly URL[] {
  if (texts.length === 0)
    throw refused(
      `the list of ${server} endpoints is empty`,
      `name at least one member of ${server}, for example https://10.0.0.1:2379`,
    );
  if ((tls?.cert === undefined) !== (tls?.key === undefined))
    throw refused(`the ${cluster} client certificate needs both cert and key`, 'give both or neither');
  const urls = texts.map((text) => endpointUrl(text, tls, { server, users }));
  if (new Set(urls.map((url) => url.origin)).size < urls.length)
    throw refused(`an endpoint of ${server} is named twice`, 'name each member once');
  return urls;
}

function endpointUrl(
  text: string,
  tls: ChannelTls | null,
  { server, users }: Pick<Named, 'server' | 'users'>,
): URL {
  const url = URL.parse(text.includes('://') ? text : `${tls === null ? 'http' : 'https'}://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '')
    throw refused(
      `"${endpointText(text)}" is not an endpoint of ${server}`,
      'write it as host:2379 or https://host:2379',
    );
  // A password with an unescaped `/` ends the host early; then the URL's host is wrong.
  const host = text.includes('@') ? endpointText(text) : url.host;
  if (url.username !== '' || url.password !== '' || url.pathname !== '/' || url.search + url.hash !== '')
    throw refused(`the ${server} endpoint ${host} holds more than host and port`, users);
  if (url.protocol === 'http:' && tls !== null)
    throw refused(
      `the ${server} endpoint ${url.host} is http, but TLS is configured`,
      'write https, or remove `tls`',
    );
  return url;
}

/**
 * The address of an endpoint for messages, without secrets. Everything before the last `@` counts as user and
 * password, because a password may hold an `@`, `/`, `?` or `#` that is not escaped. The part after the host
 * is left out too. For example, `https://u:p/w@host:2379` becomes `https://…@host:2379`.
 */
export function endpointText(text: string): string {
  const at = text.lastIndexOf('@');
  if (at === -1) return text;
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? '';
  const host = text.slice(at + 1).replace(/[/?#\\].*/s, '');
  return `${scheme}…@${host}`;
}
