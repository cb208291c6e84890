import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Io } from '@watchbill/kit/command/io';
import { readSecret } from '@watchbill/kit/command/read-secret';
import { packageVersion } from '@watchbill/kit/command/version';
import { killingFailpointOf } from '@watchbill/kit/failpoint';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.ts';
import { consolePages } from '../../console/index.ts';
import { withExport } from '../../proof/index.ts';
import {
  createMeter,
  createPermit,
  FAILPOINTS,
  httpNodeRpc,
  httpPeers,
  type Metrics,
  openLedger,
  openServer,
  openUnitFile,
  type RunningServer,
  type ServedPermit,
  standbyFile,
} from '../../service/index.ts';
import { isInLedger, openStore, pemTexts } from '../../store/open.ts';
import { alertWords } from '../alert-words.ts';
import { incidentFiles } from './incidents.ts';
import { type Closer, onceStoreAnswers } from './once-store-answers.ts';

/** A running service: where it listens and how it stops. */
export interface Running {
  readonly url: string;
  /** Answers the requests in progress within the time, then closes everything. */
  stop(drainTimeoutMs: number): Promise<void>;
}

/**
 * The address, store, ledger, permit and server, in this order: a port that is taken is found before
 * anything is opened or written. If a later step fails, it closes everything again.
 */
export async function startService(
  config: Config,
  io: Io,
  log: Logger,
  demoOrder?: readonly string[],
): Promise<Running> {
  const closers: Closer[] = [];
  const stop: Closer = async (drainTimeoutMs) => {
    for (const close of closers.splice(0).reverse()) await close(drainTimeoutMs);
  };
  try {
    const metrics = createMeter({ version: packageVersion() });
    const open = await openServer({
      ...serverOptions(config),
      ...pages(config, io),
      ...(demoOrder === undefined ? {} : { demoOrder }),
      logger: log,
      metrics,
    });
    closers.push(() => open.close());
    const permit = await onceStoreAnswers({ clock: io.clock, log, closers }, (opened) =>
      startPermit(config, io, log, metrics, opened),
    );
    const server = await open.serve(permit);
    // Drained first, so that a probe still hears "not ready" while the last claims are answered.
    closers.pop();
    closers.push((ms) => drainAndClose(permit, server, ms));
    return { url: server.url, stop };
  } catch (error) {
    await stop(0);
    throw error;
  }
}

async function startPermit(
  config: Config,
  io: Io,
  log: Logger,
  metrics: Metrics,
  closers: Closer[],
): Promise<ServedPermit> {
  const { clock, random } = io;
  const { service, session, store: storeConfig, limits, operator } = config;
  const operatorSecret =
    operator.tokenFile === undefined ? null : readSecret(operator.tokenFile, 'operator.tokenFile').secret;
  const ledger = await openLedger({ dir: service.dataDir, clock, random });
  closers.push(() => ledger.close());
  ledger.subscribeForks((fork) =>
    log.error({ event: 'ledger-fork', ...fork }, 'two entries have one number: proof of a violation'),
  );
  const unitFile = openUnitFile({ dir: service.dataDir, log });
  closers.push(async () => unitFile.close());
  let wentBack = (detail: string) =>
    log.error({ event: 'store-went-back', detail }, 'the store went back in time');
  const store = isInLedger(storeConfig)
    ? ledger.store()
    : await openStore(storeConfig, io, log, metrics, (detail) => wentBack(detail));
  closers.push(() => store.close());
  const permit = await createPermit(
    {
      store,
      ledger,
      clock,
      random,
      peers: httpPeers({ tls: pemTexts({ caFile: config.tls.peerCaFile ?? config.tls.clientCaFile }) }),
      nodeRpc: httpNodeRpc(),
      log,
      meter: metrics,
      standbyFile: standbyFile(service.dataDir),
      unitFile,
      incidents: incidentFiles(service.dataDir),
      ...failpoint(),
    },
    {
      name: service.name,
      url: service.url ?? null,
      sessionTtlMs: session.ttlMs,
      storeTimeoutMs: storeConfig.timeoutMs,
      operatorSecret,
      maxInFlight: limits.maxInFlight,
      ...certificateEnd(config),
    },
  );
  wentBack = (detail) => permit.storeWentBack(detail);
  closers.push((ms) => permit.drain(ms));
  return withExport(permit, ledger, clock);
}

/** The end of the certificate that the service shows to its clients. */
function certificateEnd({ tls }: Config) {
  const { cert } = pemTexts(tls);
  return cert === undefined ? {} : { certificateEndsMs: new X509Certificate(cert).validToDate.getTime() };
}

/** Only tests of crashes set it; see CONTRIBUTING. */
function failpoint() {
  const text = process.env.WATCHBILL_FAILPOINT;
  return text === undefined ? {} : { failpoint: killingFailpointOf(FAILPOINTS, text) };
}

async function drainAndClose(permit: ServedPermit, server: RunningServer, ms: number): Promise<void> {
  await permit.drain(ms);
  await server.close(ms);
}

function serverOptions({ service, tls, limits }: Config) {
  const { host, port, socket } = service.listen;
  const { cert, key } = pemTexts(tls);
  const clientCa = tls.clientCaFile === undefined ? {} : { clientCa: readFileSync(tls.clientCaFile, 'utf8') };
  return {
    listen:
      socket === undefined ? { kind: 'tcp' as const, host, port } : { kind: 'unix' as const, path: socket },
    version: packageVersion(),
    ...(cert === undefined || key === undefined ? {} : { tls: { cert, key, ...clientCa } }),
    limits: { bodyBytes: limits.maxBodyBytes, requestTimeoutMs: limits.requestTimeoutMs },
  };
}

/** The console, unless it is switched off. */
function pages({ service }: Config, { clock, random }: Io) {
  if (service.console === 'off') return {};
  const words = alertWords();
  return { pages: consolePages({ access: service.console, clock, random, words, pages: service.pages }) };
}
