import { type Alert, type AlertGroup, NODE } from '@watchbill/kit/alerts';

/** Facts that stay unknown: facts that no source has, and nodes that no exporter asks. */
export const LASTING_DOUBTS: readonly string[] = ['missed-primary', 'sessions-left', 'keys-not-asked'];
export const EXPORTER_JOB = 'watchbill-exporter';

/**
 * Alerts about the monitoring itself. `places`: places that write to a hub. Each has an alert for missing
 * data.
 */
export function exporterAlerts(places: readonly string[]): AlertGroup {
  const up = `up{job="${EXPORTER_JOB}"}`;
  return {
    name: 'watchbill-exporter',
    about: 'whether the exporters and agents work',
    alerts: [
      {
        name: 'ExporterBlind',
        severity: 'ticket',
        expr: `${up} == 0 or ${up} == 1 unless on (instance) watchbill_fleet_look_finished_timestamp_seconds`,
        for: '5m',
        summary: 'the exporter {{ $labels.instance }} does not answer, or its looks do not end',
        means: 'Keys, sets, missed slots and the age of backups are unknown.',
        todo: 'read its log; until it is back, keys, sets and missed slots are unknown',
      },
      {
        name: 'CannotTell',
        severity: 'ticket',
        expr: `watchbill_fleet_unknown{what!~"${LASTING_DOUBTS.join('|')}"} == 1`,
        for: '15m',
        summary: `{{ $labels.what }} of ${NODE} has not been known for a quarter of an hour`,
        means: 'A fact behind other alerts is unknown, so they cannot fire.',
        todo: 'read the reason in the log of the exporter: an RPC that it cannot reach, or one that answers these calls on loopback only',
      },
      ...(places.length === 0 ? [] : [silent(places)]),
    ],
  };
}

function silent(places: readonly string[]): Alert {
  return {
    name: 'PlaceSilent',
    severity: 'page',
    expr: places.map((place) => `absent(up{place="${place}"})`).join(' or '),
    for: '5m',
    summary: 'there is no data from the place {{ $labels.place }}',
    means: 'The agent of the place, or its connection, is down. Its nodes may be healthy.',
    todo: 'look at the agent of that place and at its connection to this Prometheus; its nodes may be healthy',
  };
}
