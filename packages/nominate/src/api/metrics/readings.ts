import type { MetricSample } from '@watchbill/kit/metrics';
import { valueOrNull } from '../../facts/fact.ts';
import { JOB_STATES, SEVERITIES } from '../../storage/port.ts';
import { shownState } from '../../transactions/state.ts';
import type { Site } from '../site.ts';
import type { NominateMetric } from './catalogue.ts';

/** The site without its meter: the readings need the rest. */
export type Sight = Pick<Site, 'reader' | 'options'>;

/** One value of a series. */
export type Reading = MetricSample<NominateMetric>;

/** All series at this moment. An unknown value is left out, because 0 would be a value. */
export async function readings(site: Sight): Promise<readonly Reading[]> {
  const parts = await Promise.all([candidates(site), transactions(site), jobs(site), notices(site)]);
  return [...parts.flat(), ...connections(site), reading('storageUp', 1)];
}

export function reading(
  metric: NominateMetric,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): Reading {
  return { metric, labels, value };
}

async function candidates({ reader, options }: Sight): Promise<readonly Reading[]> {
  const [counts, of, facts, newest, eras] = await Promise.all([
    reader.ask(({ standings }) => standings.counts()),
    reader.standingsOf(),
    reader.facts(),
    reader.newestRound(),
    reader.ask(({ points }) => points.eras()),
  ]);
  const active = facts === null ? null : valueOrNull(facts.head.eras.active);
  const current = facts === null ? null : valueOrNull(facts.head.eras.current);
  const lastPoints = eras.length === 0 ? null : Math.max(...eras.map(({ era }) => era));
  const era = (kind: string, value: number | null) =>
    value === null ? [] : [reading('era', value, { kind })];
  const lag = (of: string, value: number | null, behind: number) =>
    value === null || active === null
      ? []
      : [reading('eraLag', Math.max(0, active - behind - value), { of })];
  return [
    ...Object.entries(counts).map(([state, count]) => reading('candidates', count, { state })),
    ...(of === null
      ? []
      : [reading('snapshotAgeSeconds', Math.max(0, options.clock() - of.takenAtMs) / 1_000)]),
    ...era('active', active),
    ...era('current', current),
    ...era('round', newest?.era ?? null),
    ...lag('round', newest?.era ?? null, 0),
    ...lag('points', lastPoints, 1),
  ];
}

async function transactions({ reader }: Sight): Promise<readonly Reading[]> {
  const open = await reader.ask(({ intents }) => intents.open());
  const states = ['planned', 'signing', 'submitted', 'in-block', 'announced', 'executable'] as const;
  return [
    ...states.map((state) =>
      reading('transactions', open.filter((one) => shownState(one.state) === state).length, { state }),
    ),
    reading('transactionsHeld', open.filter(({ state }) => state.held !== null).length),
  ];
}

async function jobs({ reader, options }: Sight): Promise<readonly Reading[]> {
  const rows = await reader.ask((store) => store.jobs.all());
  return rows.flatMap(({ name, state, progress, runCount, failureCount, endedMs }) => [
    ...JOB_STATES.map((one) => reading('jobState', Number(one === state), { name, state: one })),
    reading('jobRuns', runCount, { name, result: 'all' }),
    reading('jobRuns', failureCount, { name, result: 'failed' }),
    ...(progress === null ? [] : [reading('jobProgress', progress, { name })]),
    ...(endedMs === null
      ? []
      : [reading('jobAgeSeconds', Math.max(0, options.clock() - endedMs) / 1_000, { name })]),
  ]);
}

async function notices({ reader }: Sight): Promise<readonly Reading[]> {
  const [open, unclaimed] = await Promise.all([
    reader.ask((store) => store.notices.open()),
    reader.ask(({ payouts }) => payouts.unclaimed({ limit: 1, after: null })),
  ]);
  return [
    ...SEVERITIES.map((severity) =>
      reading('noticesOpen', open.filter((one) => one.severity === severity).length, {
        severity,
      }),
    ),
    reading('payoutsUnclaimed', unclaimed.total),
  ];
}

export function connections({ options }: Sight): readonly Reading[] {
  return [
    ...(options.endpoints?.() ?? []).map(({ role, name, connected }) =>
      reading('endpointConnected', Number(connected), { role, endpoint: name }),
    ),
    ...(options.telemetry?.() ?? []).map(({ name, connected }) =>
      reading('telemetryConnected', Number(connected), { feed: name }),
    ),
  ];
}
