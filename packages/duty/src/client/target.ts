import { resolve } from 'node:path';
import { isLoopback, usageFault } from '@watchbill/kit';
import { flag, group, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { readSecret, renderWarnings } from '@watchbill/kit/command/read-secret';
import { file, milliseconds, text, yes } from '@watchbill/kit/command/shapes';
import { findFile, type LoadedConfig, loadConfig } from '../config/load.ts';
import { configFile } from '../config/options.ts';
import type { Config } from '../config/schema.ts';
import { chosenContext, type NamedService } from './contexts.ts';

/** Where a service is and how to show who asks. */
export interface Target {
  readonly url: URL;
  readonly socket: string | null;
  readonly token: string | null;
  /** The data folder of the service at this address: null if a flag or `operator.url` names the address. */
  readonly dataDir: string | null;
  /** Whether a configuration file was read. */
  readonly configured: boolean;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly timeoutMs: number;
  /** Says something to a person at a terminal who waits for an answer. */
  readonly tell: (line: string) => void;
  /** Takes any certificate. Only for a question to this machine that shows no identity. */
  readonly anyCertificate?: true;
}

/** Address of a target for people. */
export function place(target: Target): string {
  return target.socket === null ? target.url.origin : `unix socket ${target.socket}`;
}

/** Where a request goes. */
type Place = Pick<Target, 'url' | 'socket'>;

/** Heading of these options in `--help`. */
export const CONNECTION_GROUP = 'Connection (default: from the configuration file):';
export const DEFAULT_TIMEOUT_MS = 10_000;

/** Flags of the files that show who asks, and whom to trust. */
export const identity = {
  tokenFile: flag(file().optional(), 'file with the token to show'),
  caFile: flag(file().optional(), 'authority to trust for the certificate of the service'),
  certFile: flag(file().optional(), 'client certificate to show'),
  keyFile: flag(file().optional(), 'private key of the client certificate'),
};

/** Flags of every command that talks to a service. */
export const connection = {
  json: flag(yes(), 'print JSON'),
  ...configFile,
  ...group(CONNECTION_GROUP, {
    context: flag(
      text('name').optional(),
      'a service of `watchbill context list` (default: $WATCHBILL_CONTEXT, or the current one if there is no configuration file)',
      { complete: 'contexts' },
    ),
    url: flag(text('url').optional(), 'address of the service'),
    socket: flag(file('path').optional(), 'unix socket of the service'),
    ...identity,
    timeoutMs: flag(milliseconds().optional(), 'how long to wait for an answer, in milliseconds'),
  }),
};

/** Their values. */
export type ClientOptions = Partial<OptionsOf<typeof connection>>;

/** Files and time limit of a target, from flags or from the entry of a context. */
type Shown = { readonly [Name in keyof typeof identity | 'timeoutMs']?: ClientOptions[Name] | undefined };

/**
 * Reads the configuration, the token and the flags. A warning about a readable token file goes to standard
 * error.
 */
export function resolveTarget(io: Io, options: ClientOptions): Target {
  const isPlaced = () => [options.url, options.socket].some(Boolean) || findFile(io, options.config) !== null;
  const context = chosenContext(io, options.context, isPlaced);
  return context === null ? configuredTarget(io, options) : namedTarget(io, options, context);
}

/** The service of a context; flags go before. */
function namedTarget(io: Io, options: ClientOptions, context: NamedService): Target {
  const { url, socket, ...files } = context;
  const asked = { ...files, ...options };
  const place = options.url === undefined && options.socket === undefined ? { url, socket } : options;
  const { url: named, socket: path } = place;
  const at = path === undefined ? { url: httpUrl(named ?? ''), socket: null } : overSocket('http', path);
  return { ...askedAs(io, at, asked, {}), dataDir: null, configured: true };
}

function configuredTarget(io: Io, options: ClientOptions): Target {
  const loaded = loadConfig(io, { config: options.config });
  const { config } = loaded;
  const at = address({ ...options, socket: here(io, options.socket) }, loaded);
  const isOwn =
    loaded.file !== null &&
    [options.url, options.socket, config.operator.url].every((named) => named === undefined);
  return {
    ...askedAs(io, at, options, config.operator),
    dataDir: isOwn ? config.service.dataDir : null,
    configured: loaded.file !== null,
  };
}

/** A place with its token, its certificates and its time limit. A flag goes before the configuration. */
function askedAs(
  io: Io,
  at: Place,
  asked: Shown,
  operator: Partial<Config['operator']>,
): Omit<Target, 'dataDir' | 'configured'> {
  const token = tokenOf(io, asked, operator.tokenFile);
  refusePlainToken(at, token);
  return {
    ...at,
    token,
    caFile: here(io, asked.caFile) ?? operator.caFile ?? null,
    certFile: here(io, asked.certFile) ?? operator.certFile ?? null,
    keyFile: here(io, asked.keyFile) ?? operator.keyFile ?? null,
    timeoutMs: asked.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    tell: io.errIsTerminal ? io.err : () => undefined,
  };
}

/**
 * The service of this configuration at its own address, whatever `operator.url` names. The target shows no
 * identity. Like the probe of a kubelet it takes any certificate: that of a service need not name loopback.
 */
export function ownTarget(
  io: Io,
  { config: { service, tls }, file }: LoadedConfig,
  timeoutMs: number,
): Target {
  const at = askedAs(io, listening(service.listen, tls), { timeoutMs }, {});
  return { ...at, dataDir: service.dataDir, configured: file !== null, anyCertificate: true };
}

/** A file name of a flag, read from the current folder. */
function here(io: Io, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(io.cwd, path);
}

function address(
  options: Pick<ClientOptions, 'url'> & { socket: string | undefined },
  loaded: LoadedConfig,
): Place {
  if (options.url !== undefined && options.socket !== undefined)
    throw usageFault('--url and --socket exclude each other', 'keep one of them');
  const { service, tls, operator } = loaded.config;
  const named = options.url ?? (options.socket === undefined ? operator.url : undefined);
  if (named !== undefined) return { url: httpUrl(named), socket: null };
  return listening({ ...service.listen, socket: options.socket ?? service.listen.socket }, tls);
}

/** The address of a service from its own settings. */
function listening({ host, port, socket }: Config['service']['listen'], tls: Config['tls']): Place {
  const scheme = tls.certFile === undefined ? 'http' : 'https';
  if (socket !== undefined) return overSocket(scheme, socket);
  return { url: new URL(`${scheme}://${reachable(host)}:${port}/`), socket: null };
}

function httpUrl(text: string): URL {
  const url = URL.parse(text.endsWith('/') ? text : `${text}/`);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw usageFault(
      'the address of the service is not an http or https URL',
      'for example --url http://127.0.0.1:8450',
    );
  if (url.username !== '' || url.password !== '')
    throw usageFault('the address of the service holds a user or password', 'use --token-file');
  return url;
}

function overSocket(scheme: string, socket: string): Place {
  return { url: new URL(`${scheme}://localhost/`), socket };
}

/** An address to listen on that means "all" is reached over loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function tokenOf(io: Io, options: Shown, configured: string | undefined): string | null {
  // A token takes precedence over a certificate: a default token must not replace a named
  // certificate.
  const fallback = options.certFile === undefined ? configured : undefined;
  const file = here(io, options.tokenFile) ?? fallback;
  if (file === undefined) return null;
  const { secret, warnings } = readSecret(file, 'the token file');
  io.err(renderWarnings(warnings));
  return secret;
}

function refusePlainToken({ url, socket }: Place, token: string | null): void {
  if (token === null || socket !== null || url.protocol === 'https:') return;
  if (isLoopback(url.hostname)) return;
  throw usageFault(
    `the token would go to ${url.host} unencrypted`,
    'use an https address, or a tunnel to the loopback address of the service',
    url.origin,
  );
}
