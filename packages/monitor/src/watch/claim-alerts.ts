import type { AlertGroup, ExpectedClaims } from './alerts.ts';
import type { Thresholds } from './thresholds.ts';

const CLAIM = '{{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }}';

/**
 * Volumes in clusters, as the kubelets tell of them (`kubelet_volume_stats_…`). Only of the namespaces of the
 * network: others are not ours.
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
        todo: 'see `watchbill fleet nodes storage grow`; `fleet nodes storage timer` lets volumes grow by themselves',
      },
      {
        name: 'ClaimFull',
        severity: 'page',
        expr: `${share} < 0.05`,
        for: '5m',
        summary: `the volume ${CLAIM} has less than 5 % left`,
        todo: 'let it grow now: `watchbill fleet nodes storage grow --apply`; a node whose disk is full stops',
      },
      {
        name: 'ClaimsUnknown',
        severity: 'ticket',
        expr: claims.map(absent).join(' or '),
        for: '1h',
        summary: 'no kubelet reports the use of the volumes of {{ $labels.namespace }} {{ $labels.place }}',
        todo: 'look at the job `kubelets`: may it read nodes/metrics, and are the certificates of the kubelets of the cluster?',
      },
    ],
  };
}

function absent({ namespace, place }: ExpectedClaims): string {
  const at = place === null ? '' : `,place="${place}"`;
  return `absent(kubelet_volume_stats_capacity_bytes{namespace="${namespace}"${at}})`;
}
