import { isIP } from 'node:net';
import { errorText, GATEWAY_ERRORS } from '../rpc.ts';
import type { GatewaySettings, Tier } from '../settings.ts';
import { asked, checked, resolvers } from './nodes.ts';
import { quoted, section } from './section.ts';
import { simpleBodies, simpleMethods } from './simple.ts';
import { authority } from './target.ts';

/** Where the parts of a front lie; all in a folder that only its user can enter. */
export interface FrontPaths {
  /** Socket of the gateway, for all that is not simple. */
  readonly gatewaySocket: string;
  /** Socket by which the front is told things. */
  readonly controlSocket: string;
  /** SHA-256 of keys, and the tier of each. */
  readonly keysFile: string;
  /** Bodies that are simple for the tier of that number. */
  readonly bodiesFile: (tier: number) => string;
  /** Certificate; beside it the key, with `.key` after its name. */
  readonly certificateFile: string;
}

export interface FrontAddresses {
  /** Where callers ask. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The gateway's admin address: `GET /backends/NAME` says whether a node is in step. */
  readonly admin: { readonly host: string; readonly port: number };
}

export interface FrontFiles {
  readonly config: string;
  /** Regular expressions by number of tier, one a line. */
  readonly bodies: readonly string[];
}

/** One key, or the address block of one caller without: counted for so long after its last request. */
const FORGET_MS = 600_000;
/** HAProxy counts time in 31 bits: what fills more slowly fills in so long. */
const MOST_MS = 2 ** 30;
const SETTLED_SECONDS = 3;
const TUNNEL = '24h';
const MS_PER_SECOND = 1_000;

const UNREAD = 'the request cannot be read';
const UNAVAILABLE = 'no node gave an answer: try again';
/** What HAProxy answers by itself; to a head that it cannot read it has an answer that cannot be changed. */
const ERRORS = [
  [400, GATEWAY_ERRORS.invalid, UNREAD],
  [408, GATEWAY_ERRORS.invalid, 'the request was not whole in time'],
  [413, GATEWAY_ERRORS.invalid, UNREAD],
  [500, GATEWAY_ERRORS.invalid, UNREAD],
  [501, GATEWAY_ERRORS.invalid, UNREAD],
  [502, GATEWAY_ERRORS.unavailable, UNAVAILABLE],
  [503, GATEWAY_ERRORS.unavailable, UNAVAILABLE],
  [504, GATEWAY_ERRORS.unavailable, UNAVAILABLE],
] as const;
const LOST =
  'the gateway gave no answer, and what was submitted may have arrived: look for it on chain before it is sent again';

/** Names of backends in the configuration; their numbers are those of the tiers in the settings. */
export const frontBackend = {
  asked: (tier: number) => `simple-${tier}`,
  limited: (tier: number) => `limited-${tier}`,
} as const;

/** The configuration of HAProxy (2.6 or later) for a gateway, and the patterns that it reads. Pure. */
export function frontFiles(
  settings: GatewaySettings,
  paths: FrontPaths,
  addresses: FrontAddresses,
): FrontFiles {
  const tiers = Object.entries(settings.tiers).map(([name, tier], at) => ({
    name,
    tier,
    at,
    bodies: simpleBodies(simpleMethods(tier, settings.costs)),
  }));
  const simple = tiers.filter(({ bodies }) => bodies.length > 0);
  const sections = [
    globals(settings, paths),
    ...resolvers(settings),
    defaults(settings),
    callers(settings, simple, paths, addresses),
    ...simple.flatMap((one) => [counts(one), limited(one), asked(frontBackend.asked(one.at), settings)]),
    ...settings.backends.map(({ name }) => checked(name, addresses.admin)),
    section('backend rest', [
      `timeout server ${settings.pool.timeoutMs * 2 + 5 * MS_PER_SECOND}ms`,
      `timeout tunnel ${TUNNEL}`,
      'option forwardfor',
      // Anything may have been on its way to the gateway, which then says nothing any more.
      ...[502, 504].map((status) => errorLine(status, GATEWAY_ERRORS.unknown, LOST)),
      `server gateway unix@${quoted(paths.gatewaySocket)}`,
    ]),
  ];
  return {
    config: `${sections.join('\n\n')}\n`,
    bodies: tiers.map(({ bodies }) => bodies.map((one) => `${one}\n`).join('')),
  };
}

interface SimpleTier {
  readonly name: string;
  readonly at: number;
  readonly tier: Tier;
}

function globals({ front, limits }: GatewaySettings, { controlSocket }: FrontPaths): string {
  return section('global', [
    `nbthread ${front?.threads ?? 1}`,
    `maxconn ${limits.connections}`,
    `stats socket unix@${quoted(controlSocket)} mode 600 level admin`,
    // A gateway that is left over must not share the port with the next one.
    'noreuseport',
    'set-var proc.start date',
    'ssl-load-extra-files key',
    'ssl-default-bind-options ssl-min-ver TLSv1.2',
  ]);
}

function defaults({ pool }: GatewaySettings): string {
  return section('defaults', [
    'mode http',
    'http-reuse always',
    'timeout connect 5s',
    'timeout client 75s',
    'timeout http-keep-alive 72s',
    'timeout http-request 30s',
    'timeout queue 1s',
    `timeout server ${pool.timeoutMs}ms`,
    ...ERRORS.map(([status, code, message]) => errorLine(status, code, message)),
  ]);
}

function errorLine(status: number, code: number, message: string): string {
  return `http-error status ${status} content-type application/json string ${quoted(errorText(null, { code, message }))}`;
}

/** Who asks, whether what they ask is simple, and whose it is to answer. */
function callers(
  settings: GatewaySettings,
  tiers: readonly SimpleTier[],
  paths: FrontPaths,
  { listen }: FrontAddresses,
): string {
  const tls =
    settings.listen.tls === undefined ? '' : ` ssl crt ${quoted(paths.certificateFile)} alpn http/1.1`;
  return section('frontend callers', [
    `bind ${authority(listen.host, listen.port)}${tls} proto h1`,
    'option http-buffer-request',
    'acl has-authorization req.fhdr(authorization) -m found',
    'acl has-key req.fhdr(x-api-key) -m found',
    `acl is-bearer req.fhdr(authorization) -m reg -i ${quoted('^Bearer +[a-z0-9_~-]{1,128}$')}`,
    `acl is-key req.fhdr(x-api-key) -m reg -i ${quoted('^[a-z0-9_~-]{1,128}$')}`,
    'http-request set-var(txn.key) req.fhdr(authorization),regsub("^[^ ]+ +",) if is-bearer { req.fhdr_cnt(authorization) eq 1 }',
    'http-request set-var(txn.key) req.fhdr(x-api-key) if !has-authorization is-key { req.fhdr_cnt(x-api-key) eq 1 }',
    'acl keyed var(txn.key) -m found',
    'http-request set-var(txn.hash) var(txn.key),sha2(256),hex,lower if keyed',
    'http-request unset-var(txn.key)',
    `http-request set-var(txn.tier) var(txn.hash),map_str(${paths.keysFile}) if { var(txn.hash) -m found }`,
    ...anonymous(settings),
    'http-request set-var(txn.size) req.body_size',
    // As text, which ends at a byte of zero as it does for the regular expressions: they must have seen all of it.
    'acl whole req.body,length,sub(txn.size) eq 0',
    'acl coded req.fhdr(transfer-encoding) -m found',
    'acl coded req.fhdr(content-encoding) -m found',
    'acl of-a-page req.fhdr(origin) -m found',
    // Nodes count as in step until they are checked first, which is within a second.
    `acl settled date,sub(proc.start) ge ${SETTLED_SECONDS}`,
    'acl over var(txn.over) -m bool',
    ...tiers.flatMap(({ at, name, tier }) => [
      `acl simple-${at} var(txn.simple) -m str ${at}`,
      `http-request set-var(txn.simple) str(${at}) if settled METH_POST { url -m str / } { var(txn.tier) -m str ${name} } whole !coded !of-a-page { req.body -m reg -f ${quoted(paths.bodiesFile(at))} }`,
      `http-request track-sc0 var(txn.hash) table keys-${at} if simple-${at} { var(txn.hash) -m found }`,
      `http-request track-sc0 var(txn.from),ipmask(32,64) table addresses-${at} if simple-${at} !{ var(txn.hash) -m found }`,
      `http-request set-var(txn.over) bool(true) if simple-${at} { sc0_gpc0_rate ge ${tier.burst} }`,
      `http-request sc-inc-gpc0(0) if simple-${at} !over`,
      `use_backend ${frontBackend.limited(at)} if simple-${at} over`,
      `use_backend ${frontBackend.asked(at)} if simple-${at} { nbsrv(${frontBackend.asked(at)}) gt 0 }`,
    ]),
    'default_backend rest',
  ]);
}

/** Callers without a key, by the address that the gateway would count them with: the last hop that is no proxy of ours. */
function anonymous({ anonymous: tier, trustedProxies }: GatewaySettings): readonly string[] {
  if (tier === null) return [];
  const without = 'if !has-authorization !has-key';
  const proxies = trustedProxies.filter((one) => isIP(one) !== 0);
  if (proxies.length === 0) return [`http-request set-var(txn.from) src ${without}`, ...tierOfAddress(tier)];
  const list = proxies.join(' ');
  return [
    `acl by-proxy src ${list}`,
    'acl forwarded req.fhdr(x-forwarded-for) -m found',
    `acl through-two req.hdr_ip(x-forwarded-for,-1) ${list}`,
    `http-request set-var(txn.from) src ${without} !by-proxy`,
    `http-request set-var(txn.from) src ${without} by-proxy !forwarded`,
    `http-request set-var(txn.from) req.hdr_ip(x-forwarded-for,-1) ${without} by-proxy forwarded !through-two`,
    ...tierOfAddress(tier),
  ];
}

function tierOfAddress(tier: string): readonly string[] {
  return [`http-request set-var(txn.tier) str(${tier}) if { var(txn.from) -m found }`];
}

/** Two tables of a tier: so many requests in the time in which its rate fills its burst. */
function counts({ at, tier: { burst, requestsPerSecond } }: SimpleTier): string {
  const periodMs = Math.min(MOST_MS, Math.max(1, Math.round((burst / requestsPerSecond) * MS_PER_SECOND)));
  // Whoever is forgotten begins with a full share: not before it would be full again.
  const expireMs = Math.max(FORGET_MS, periodMs);
  const kept = `expire ${expireMs}ms store gpc0_rate(${periodMs}ms)`;
  return [
    section(`backend keys-${at}`, [`stick-table type string len 64 size 100k ${kept}`]),
    section(`backend addresses-${at}`, [`stick-table type ipv6 size 100k ${kept}`]),
  ].join('\n\n');
}

function limited({ at, tier: { requestsPerSecond } }: SimpleTier): string {
  const seconds = Math.max(1, Math.ceil(1 / requestsPerSecond));
  const message = `more requests than this key may make: wait ${seconds * MS_PER_SECOND} ms`;
  const text = errorText(null, { code: GATEWAY_ERRORS.limited, message });
  return section(`backend ${frontBackend.limited(at)}`, [
    `http-request return status 429 content-type application/json string ${quoted(text)} hdr retry-after ${seconds} hdr x-content-type-options nosniff hdr cache-control no-store`,
  ]);
}
