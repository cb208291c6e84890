import { errorText, GATEWAY_ERRORS } from '../rpc.ts';
import type { GatewaySettings } from '../settings.ts';
import { quoted, section } from './section.ts';
import { authority, nodeTarget } from './target.ts';

const CHECK_MS = 500;
/** A gateway that is busy answers late, and must not get all that HAProxy answers on top of it. */
const CHECK_ANSWER_MS = 5_000;
/** Headers that a node gets: none that tells who asked, and none that makes of the connection something else. */
const KEPT = ['host', 'content-length', 'content-type'];
const NO_ANSWER = { code: GATEWAY_ERRORS.unavailable, message: 'no node gave an answer: try again' };

/** The nodes as simple requests of one tier reach them. `name`: of the backend. */
export function asked(name: string, { backends, pool }: GatewaySettings): string {
  return section(`backend ${name}`, [
    'balance leastconn',
    'retries 1',
    'option redispatch 1',
    'retry-on conn-failure empty-response response-timeout 500 502 503 504',
    'http-send-name-header host',
    `http-request del-header ${quoted(`^(?!(?:${KEPT.join('|')})$)`)} -m reg`,
    'http-request set-header content-type application/json',
    // A node that is full says so in words of its own.
    `http-response return status 503 content-type application/json string ${quoted(errorText(null, NO_ANSWER))} hdr retry-after 2 hdr cache-control no-store hdr x-content-type-options nosniff if !{ status 200 }`,
    'http-response del-header access-control- -m beg',
    'http-response del-header keep-alive',
    'http-response set-header cache-control no-store',
    'http-response set-header x-content-type-options nosniff',
    ...backends.map((backend) => {
      const { name: server, host, port, isTls, isNamed } = nodeTarget(backend.url);
      const tls = isTls ? ` ssl verify required ca-file @system-ca sni str(${host}) verifyhost ${host}` : '';
      const named = isNamed ? ' resolvers names init-addr libc,none' : '';
      return `server ${server} ${authority(host, port)}${named}${tls} maxconn ${pool.connectionsPerBackend} track check-${backend.name}/gateway`;
    }),
  ]);
}

/** A node is asked only while the gateway says that it is in step; where the gateway says nothing, it is not. */
export function checked(name: string, admin: { readonly host: string; readonly port: number }): string {
  return section(`backend check-${name}`, [
    `timeout check ${CHECK_ANSWER_MS}ms`,
    `option httpchk GET /backends/${name}`,
    'http-check expect status 200',
    `server gateway ${authority(admin.host, admin.port)} check inter ${CHECK_MS}ms fall 1 rise 1`,
  ]);
}

/** Names are looked up again; what only the machine's own files know keeps the address that it had. */
export function resolvers({ backends }: GatewaySettings): readonly string[] {
  if (!backends.some(({ url }) => nodeTarget(url).isNamed)) return [];
  const kept = ['nx', 'other', 'refused', 'timeout', 'obsolete'].map((what) => `hold ${what} 20d`);
  return [section('resolvers names', ['parse-resolv-conf', 'hold valid 10s', ...kept])];
}
