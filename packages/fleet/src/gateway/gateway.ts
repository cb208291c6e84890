import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@watchbill/kit';
import type { Logger } from 'pino';
import { listenAt } from '../file/net/index.ts';
import { adminServer } from './admin.ts';
import { admissions } from './admission.ts';
import { openBackend } from './backend.ts';
import type { GatewayContext } from './context.ts';
import { GatewayFault } from './gateway-fault.ts';
import { gatewayHttp } from './http.ts';
import { type KeyEntry, readKeys } from './keys.ts';
import { gatewayMetrics } from './metrics.ts';
import { backendPool } from './pool.ts';
import { openQuota } from './quota.ts';
import type { GatewaySettings } from './settings.ts';
import { gatewaySockets, type Sockets } from './sockets.ts';
import { tokenVerifier } from './tokens.ts';

export interface Gateway {
  /** Without a path, for example `http://127.0.0.1:9944`. */
  readonly url: string;
  readonly adminUrl: string;
  /** Accepts no new requests, waits this long at most for open ones, and ends. */
  readonly close: (drainMs: number) => Promise<void>;
}

export interface GatewayParts {
  readonly log: Logger;
}

const KEYS_EVERY_MS = 2_000;

/** Listens, and checks its nodes. Throws a {@link GatewayFault} if it cannot. */
export async function openGateway(settings: GatewaySettings, { log }: GatewayParts): Promise<Gateway> {
  const nowMs = () => performance.now();
  const keys = settings.keysFile === undefined ? [] : keysIn(settings.keysFile, settings);
  const verify = await verifierOf(settings);
  const backends = settings.backends.map((one) => openBackend(one, settings, nowMs));
  const stopping = new AbortController();
  const load = { inFlight: 0, connections: 0 };
  const context: GatewayContext = {
    settings,
    admissions: admissions(settings, keys, verify, () => Date.now()),
    quota: openQuota(nowMs, settings.limits.callers),
    pool: backendPool(backends, settings, nowMs),
    metrics: gatewayMetrics(backends, load, certificateEndMs(settings)),
    log,
    nowMs,
    stopping: stopping.signal,
    load,
  };
  const app = gatewayHttp(context);
  const sockets = gatewaySockets(context, app.server as Server);
  const admin = adminServer(context);
  let place: Pick<Gateway, 'url' | 'adminUrl'>;
  try {
    const adminUrl = await listen(admin, settings.admin);
    place = { adminUrl, url: await listen(app, settings.listen) };
    await context.pool.check();
  } catch (error) {
    // If one of the two listeners fails, the other one is closed too.
    await Promise.allSettled([app.close(), admin.close(), ...backends.map((one) => one.close())]);
    throw error;
  }
  const stopCaring = care(context, sockets);
  return {
    ...place,
    close: async (drainMs) => {
      stopping.abort();
      const drained = sockets.drain(drainMs).then(() => app.close());
      await Promise.race([drained, sleep(drainMs + 3_000, undefined, { ref: false })]);
      stopCaring();
      await admin.close();
      await Promise.all(backends.map((one) => one.close()));
    },
  };
}

function certificateEndMs({ listen: { tls } }: GatewaySettings): number | null {
  if (tls === undefined) return null;
  try {
    return new X509Certificate(readFileSync(tls.certFile)).validToDate.getTime();
  } catch (error) {
    throw new GatewayFault(
      'settings',
      `${tls.certFile} is not a readable certificate`,
      'see listen.tls',
      error,
    );
  }
}

async function verifierOf({ jwt, tiers }: GatewaySettings) {
  if (jwt === undefined) return null;
  const text = readText(jwt.keyFile, 'jwt', 'jwt.keyFile');
  return tokenVerifier(jwt, text, Object.keys(tiers), () => Date.now());
}

function readText(file: string, code: 'jwt' | 'keys', setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new GatewayFault(code, `${file} cannot be read: ${why}`, `see ${setting}`, error);
  }
}

function keysIn(file: string, { tiers }: GatewaySettings): readonly KeyEntry[] {
  const read = readKeys(readText(file, 'keys', 'keysFile'), Object.keys(tiers));
  if (read.ok) return read.keys;
  throw new GatewayFault(
    'keys',
    `${file}: ${read.problems.join('; ')}`,
    'make keys with `watchbill fleet services gateway key`',
  );
}

/**
 * Asks the nodes, reads the keys again and sweeps the connections. If one of these fails, its earlier state
 * stays.
 */
function care(context: GatewayContext, sockets: Sockets): () => void {
  const { settings, log, pool, admissions: doors } = context;
  let isAsking = false;
  const asking = setInterval(() => {
    if (isAsking) return;
    isAsking = true;
    const before = pool.backends.map(({ state }) => state);
    pool
      .check()
      .then(() => {
        if (!context.stopping.aborted) tellChanges(context, before);
      })
      .finally(() => {
        isAsking = false;
      });
  }, settings.pool.checkIntervalMs);
  const sweeping = setInterval(() => {
    try {
      if (settings.keysFile !== undefined) doors.setKeys(keysIn(settings.keysFile, settings));
    } catch (error) {
      const why = messageOf(error);
      log.error(
        { event: 'keys-unreadable', why },
        'the file of keys cannot be used: the keys that were read before stay valid',
      );
    }
    sockets.sweep();
  }, KEYS_EVERY_MS);
  return () => {
    clearInterval(asking);
    clearInterval(sweeping);
  };
}

function tellChanges({ pool, log }: GatewayContext, before: readonly string[]): void {
  for (const [at, { name, state, detail }] of pool.backends.entries())
    if (state !== before[at])
      log.warn({ event: 'backend', backend: name, state, detail }, `the node ${name} is ${state}`);
}

function listen(app: Parameters<typeof listenAt>[0], at: Parameters<typeof listenAt>[1]): Promise<string> {
  return listenAt(
    app,
    at,
    (what, cause) => new GatewayFault('address', what, 'use another address or port', cause),
  );
}
