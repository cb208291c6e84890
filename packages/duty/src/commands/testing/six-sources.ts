import type { Clock } from '@watchbill/kit';
import type { AlertGroup } from '@watchbill/kit/alerts';
import { serviceMonitoring } from '../../alerts/monitoring.ts';
import { overview } from '../../console/pages/overview.ts';
import { factsReader, viewOf } from '../../console/terminal.ts';
import { REASONS } from '../../rule/index.ts';
import { testApp } from '../../service/http/testing/server.ts';
import type { Permit } from '../../service/index.ts';
import { toLedgerFault } from '../../service/ledger/faults.ts';
import { createMeter } from '../../service/metrics/meter.ts';
import { claimOf } from '../../service/testing/services.ts';
import { tlsRemedy } from '../../store/grpc/tls-remedy.ts';
import { StoreFault } from '../../store/index.ts';
import { sqliteFault } from '../../store/sqlite/sqlite-faults.ts';
import { alertWords } from '../alert-words.ts';
import { statusPage } from '../status/page.ts';

export type Sources = Awaited<ReturnType<typeof sourcesOf>>;

/** The places beside the log where a person reads about a service; `alert`: those that fire now. */
export async function sourcesOf(permit: Permit, clock: Clock, certificateEndsMs?: number) {
  const facts = await factsReader(permit, clock)();
  const { app, inject } = await testApp(permit as never);
  const readyz = (await inject({ method: 'GET', url: '/readyz' })).body;
  await app.fastify.close();
  const meter = createMeter({ version: '1', runtime: false, clock });
  if (certificateEndsMs !== undefined) meter.certificateEnd(certificateEndsMs);
  const metrics = await meter.expose(permit, 5_000);
  const { reason, message } = await permit.claim(claimOf({ unit: '1800', timeoutMs: 400 }), { node: 'a' });
  const { policies, watches: watch } = facts;
  return {
    status: statusPage({ ...facts, policies: policies as never, watch, marks: [] }, clock.nowMs()),
    readyz: `${JSON.parse(readyz).detail}`,
    console: overview(viewOf(facts, alertWords())).markup.replaceAll('&quot;', '"'),
    denial: `${reason}: ${message}. ${REASONS[reason].remedy}`,
    alert: firing(serviceMonitoring().groups, metrics, clock.nowMs()),
  };
}

/** By the first condition of each alert that compares one series with a number, or with a time in days. */
function firing(groups: readonly AlertGroup[], metrics: string, nowMs: number): string {
  const holds = (expr: string) => {
    const [, ends, days] = /^(watchbill_\w+) - time\(\) < (\d+) \* 86400$/.exec(expr) ?? [];
    const [, endsAt] = new RegExp(`^${ends} ([\\d.e+]+)$`, 'm').exec(metrics) ?? [];
    if (endsAt !== undefined) return Number(endsAt) - nowMs / 1_000 < Number(days) * 86_400;
    const [, series, value] = /^(watchbill_\w+(?:\{[^}]*\})?) == (\d)/.exec(expr) ?? [];
    return series !== undefined && metrics.split('\n').includes(`${series} ${value}`);
  };
  const found = groups.flatMap(({ alerts }) => alerts.filter(({ expr }) => holds(expr)));
  return found.map(({ name, summary, todo }) => `${name}: ${summary}: ${todo}`).join('\n');
}

const ofSqlite = (errcode: number, text: string) =>
  sqliteFault(Object.assign(new Error(text), { errcode }), 'store.sqlite', 'committing to');
const TLS = { server: 'etcd', authority: 'CA', on: 'there' };

/** Faults as the adapters make them. */
export const FAULTS = {
  fullDisk: ofSqlite(13, 'database or disk is full'),
  readOnly: ofSqlite(778, 'disk I/O error'),
  noQuorum: new StoreFault('unavailable', 'etcd gave no answer', 'check that the members run'),
  certificate: new StoreFault(
    'unavailable',
    'etcd: certificate has expired',
    tlsRemedy(new Error('certificate has expired'), TLS) ?? '',
  ),
  ledgerFull: toLedgerFault(
    'no entry was written',
    'ledger.sqlite',
    Object.assign(new Error(), { errcode: 13 }),
  ),
} as const;
