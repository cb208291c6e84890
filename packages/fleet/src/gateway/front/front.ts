import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { freePort } from '../../ports/index.ts';
import { GatewayFault } from '../fault.ts';
import type { KeyEntry } from '../keys.ts';
import type { GatewaySettings } from '../settings.ts';
import { type FrontPaths, frontBackend, frontFiles } from './config.ts';
import { changeKeys, type FrontKeys, frontCounts, keysText } from './control.ts';
import { frontProblem } from './listening.ts';
import { checkConfig, checkProgram, type FrontProcess, startFront } from './process.ts';

/** HAProxy in the gateway's place: see docs/decisions/0013-gateway-front.md. */
export interface Front {
  /** Where callers ask, without a path. */
  readonly url: string;
  /** Why callers do not reach it now; null where they do. Answers within about a second. */
  readonly problem: () => Promise<string | null>;
  /** The keys that are in force now: it has no others when this is fulfilled. Never throws: a front that cannot be told is started anew. */
  readonly setKeys: (keys: readonly KeyEntry[]) => Promise<void>;
  /** Requests since the last call, by tier. */
  readonly counted: () => Promise<
    readonly { readonly tier: string; readonly outcome: string; readonly count: number }[]
  >;
  /** Fulfilled when it ended too often to go on. */
  readonly failed: Promise<GatewayFault>;
  /** No new connections; ends with the last of the others, or after `drainMs`. */
  readonly close: (drainMs: number) => Promise<void>;
}

export interface FrontParts {
  readonly log: Logger;
  /** Unix time. */
  readonly nowMs: () => number;
}

/** A folder for the sockets and files of one front. Its path must be a plain word to HAProxy, and short enough for a socket. */
export function openFrontFolder(): {
  readonly paths: FrontPaths;
  readonly remove: () => void;
  readonly folder: string;
} {
  const base = tmpdir();
  if (!/^[\w./-]{1,60}$/.test(base))
    throw new GatewayFault(
      'front',
      `the folder for temporary files is no plain path: ${base}`,
      'set TMPDIR to one of letters, digits and dashes',
    );
  const folder = mkdtempSync(join(base, 'watchbill-front-'));
  return {
    folder,
    paths: {
      gatewaySocket: join(folder, 'gateway.sock'),
      controlSocket: join(folder, 'control.sock'),
      keysFile: join(folder, 'keys.map'),
      bodiesFile: (tier) => join(folder, `bodies-${tier}.txt`),
      certificateFile: join(folder, 'tls.pem'),
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const AGAIN_MS = 500;
const MOST_STARTS = 5;
const STARTS_WITHIN_MS = 60_000;

type FrontFolder = ReturnType<typeof openFrontFolder>;
interface Address {
  readonly host: string;
  readonly port: number;
}

/** Throws a {@link GatewayFault} where a gateway of these settings would have no front: no program, or a configuration that it refuses. */
export function checkFront(settings: GatewaySettings): void {
  const program = settings.front?.program;
  if (program === undefined) return;
  checkProgram(program);
  const folder = openFrontFolder();
  const { host, port } = settings.listen;
  const some = { host: '127.0.0.1', port: 1 };
  try {
    const configFile = writeFront(settings, folder, { host, port: port === 0 ? some.port : port }, some);
    writeFileSync(folder.paths.keysFile, '');
    checkConfig(program, configFile);
  } finally {
    folder.remove();
  }
}

/** Writes what HAProxy reads, but for the keys; gives the file of its configuration. */
function writeFront(
  settings: GatewaySettings,
  { folder, paths }: FrontFolder,
  listen: Address,
  admin: Address,
): string {
  const { config, bodies } = frontFiles(settings, paths, { listen, admin });
  const configFile = join(folder, 'haproxy.cfg');
  writeFileSync(configFile, config);
  for (const [at, text] of bodies.entries()) writeFileSync(paths.bodiesFile(at), text);
  const { tls } = settings.listen;
  if (tls !== undefined) {
    symlinkSync(resolve(tls.certFile), paths.certificateFile);
    symlinkSync(resolve(tls.keyFile), `${paths.certificateFile}.key`);
  }
  return configFile;
}

/** Starts HAProxy before a gateway that listens on `paths.gatewaySocket` already. Throws a {@link GatewayFault} where it cannot. */
export async function openFront(
  settings: GatewaySettings,
  folder: FrontFolder,
  admin: Address,
  firstKeys: readonly KeyEntry[],
  { log, nowMs }: FrontParts,
): Promise<Front> {
  const program = settings.front?.program ?? 'haproxy';
  checkProgram(program);
  const { paths } = folder;
  const { host } = settings.listen;
  const port = settings.listen.port === 0 ? await freePort() : settings.listen.port;
  const configFile = writeFront(settings, folder, { host, port }, admin);
  const start = () => startFront(program, configFile, paths.controlSocket, `${host}:${port}`);
  const inForce = (keys: readonly KeyEntry[]): FrontKeys =>
    new Map(
      keys
        .filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > nowMs())
        .map(({ sha256, tier }) => [sha256, tier]),
    );
  /** The keys in force, and those of them that the running front has been told. */
  let wanted = inForce(firstKeys);
  let told = wanted;
  writeFileSync(paths.keysFile, keysText(wanted));
  checkConfig(program, configFile);
  let running: FrontProcess | null = await start();
  let isClosing = false;
  const failed = Promise.withResolvers<GatewayFault>();
  const counts = new Map<string, number>();

  let telling: Promise<void> = Promise.resolve();
  /** Tells the front what it does not know yet; one telling after the other. */
  const tell = (): Promise<void> => {
    telling = telling.then(async () => {
      const next = wanted;
      if (running === null || told === next) return;
      try {
        await changeKeys(paths.controlSocket, paths.keysFile, told, next);
        told = next;
      } catch (error) {
        log.error(
          { event: 'front-keys', why: String(error) },
          'the front did not take the keys: it is started anew',
        );
        await running?.kill();
      }
    });
    return telling;
  };

  /** As long as it may run: one after the other. */
  const watch = async (): Promise<void> => {
    const starts: number[] = [];
    let words = '';
    while (!isClosing) {
      if (running !== null) words = await running.gone;
      running = null;
      counts.clear();
      if (isClosing) return;
      log.error({ event: 'front-ended', words }, 'the front ended: it is started anew');
      starts.push(performance.now());
      while (starts.length > 0 && performance.now() - (starts[0] ?? 0) > STARTS_WITHIN_MS) starts.shift();
      if (starts.length > MOST_STARTS)
        return failed.resolve(
          new GatewayFault(
            'front',
            `HAProxy ended ${starts.length} times in a minute: ${words}`,
            'see its words in the log, or leave `front` out of the settings',
          ),
        );
      await pause(AGAIN_MS);
      if (isClosing) return;
      try {
        told = wanted;
        writeFileSync(paths.keysFile, keysText(told));
        running = await start();
        // It was closed meanwhile, and whoever closed it has not seen this one.
        if (isClosing) return running.kill();
        await tell();
      } catch (error) {
        words = String(error);
        log.error({ event: 'front-failed', why: words }, 'the front did not start');
      }
    }
  };
  const watching = watch();

  return {
    url: `${settings.listen.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    problem: async () =>
      running === null
        ? 'the front ended, and is started anew'
        : frontProblem(paths.controlSocket, { host, port }),
    failed: failed.promise,
    setKeys: (all) => {
      const next = inForce(all);
      if (keysText(next) !== keysText(wanted)) wanted = next;
      return tell();
    },
    counted: async () => {
      if (running === null) return [];
      const seen = await frontCounts(paths.controlSocket);
      return Object.keys(settings.tiers).flatMap((tier, at) => {
        const asked = seen.get(frontBackend.asked(at));
        const limited = seen.get(frontBackend.limited(at));
        return [
          since(
            counts,
            tier,
            'allowed',
            (asked?.answered ?? 0) + (asked?.refused ?? 0) + (asked?.failed ?? 0),
          ),
          since(counts, tier, 'limited', limited?.refused ?? 0),
        ];
      });
    },
    close: async (drainMs) => {
      isClosing = true;
      const last = running;
      last?.drain();
      const stop = new AbortController();
      await Promise.race([
        last?.gone,
        pause(drainMs, undefined, { signal: stop.signal }).catch(() => undefined),
      ]);
      stop.abort();
      await last?.kill();
      await watching;
      folder.remove();
    },
  };
}

/** What was counted since the last time. */
function since(counts: Map<string, number>, tier: string, outcome: string, now: number) {
  const name = `${outcome} ${tier}`;
  const before = counts.get(name) ?? 0;
  counts.set(name, now);
  return { tier, outcome, count: Math.max(0, now - before) };
}
