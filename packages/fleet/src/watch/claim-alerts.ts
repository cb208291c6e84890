import type { AlertGroup, ExpectedClaims, Thresholds } from '@watchbill/kit/alerts';

const CLAIM = '{{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }}';

/**
 * Volumes in clusters, as the kubelets report them (`kubelet_volume_stats_…`). Only those in the namespaces
 * of the network.
 */
export function claimAlerts({ diskDays }: Thresholds, claims: readonly ExpectedClaims[]): AlertGroup {
  const group = { name: 'watchbill-claim', about: 'how full the volumes in clusters are' };
  if (claims.length === 0) return { ...group, alerts: [] };
  const namespaces = [...new Set(claims.map(({ namespace }) => namespace))].join('|');
  const available = `kubelet_volume_stats_available_bytes{namespace=~"${namespaces}"}`;
  const share = `${available} / kubelet_volume_stats_capacity_bytes`;
  return {
    ...group,
    alerts: [
      {
        name: 'ClaimFullSoon',
        severity: 'ticket',
        expr: `predict_linear(${available}[24h], ${diskDays} * 86400) < 0 and ${share} < 0.5`,
        for: '1h',
        summary: `the volume ${CLAIM} is full within ${diskDays} days`,
        means: 'At the rate of the last day the volume is full soon. A node whose disk is full stops.',
        todo: 'see `watchbill fleet nodes storage grow`; `fleet nodes storage timer` lets volumes grow by themselves',
        run: 'watchbill fleet nodes storage grow',
      },
      {
        name: 'ClaimFull',
        severity: 'page',
        expr: `${share} < 0.05`,
        for: '5m',
        summary: `the volume ${CLAIM} has less than 5 % left`,
        means: 'A node whose disk is full stops, and its database may be damaged.',
        todo: 'let it grow now: `watchbill fleet nodes storage grow --apply`; a node whose disk is full stops',
        run: 'watchbill fleet nodes storage grow --apply',
      },
      {
        name: 'ClaimsUnknown',
        severity: 'ticket',
        expr: claims.map(absent).join(' or '),
        for: '1h',
        summary: 'no kubelet reports the use of the volumes of {{ $labels.namespace }} {{ $labels.place }}',
        means: 'A volume may fill without an alert.',
        todo: 'check the job `kubelets`: it needs the right to read nodes/metrics, and kubelets with certificates of the cluster',
      },
    ],
  };
}

function absent({ namespace, place }: ExpectedClaims): string {
  const at = place === null ? '' : `,place="${place}"`;
  return `absent(kubelet_volume_stats_capacity_bytes{namespace="${namespace}"${at}})`;
}
