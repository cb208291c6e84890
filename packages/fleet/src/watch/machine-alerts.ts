import type { Thresholds } from '@watchbill/kit/alerts';
import { type Alert, type AlertGroup, NODE } from '@watchbill/kit/alerts';

/**
 * Alerts for the surroundings of the nodes; the metrics come from node_exporter, from the gateway, and from
 * the exporter if a machine has no node_exporter.
 */
export function machineAlerts(limits: Thresholds): AlertGroup {
  return {
    name: 'watchbill-machine',
    about: 'disks, clocks, certificates',
    alerts: [unread(), ...diskAlerts(limits), ...clockAlerts(limits)],
  };
}

/** Without node_exporter the alerts about the disk and the clock have no data, so they cannot fire. */
function unread(): Alert {
  return {
    name: 'MachineUnread',
    severity: 'ticket',
    expr: 'up{job="machines"} == 0',
    for: '10m',
    summary: 'node_exporter at {{ $labels.instance }} does not answer',
    means: 'No alert about the disk and the clock of this machine can fire.',
    todo: 'start node_exporter on the machine again',
  };
}

function diskAlerts({ diskDays }: Thresholds): readonly Alert[] {
  return [
    {
      name: 'DiskFullSoon',
      severity: 'ticket',
      expr: `predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"}[24h], ${diskDays} * 86400) < 0 and node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"} / node_filesystem_size_bytes < 0.5`,
      for: '1h',
      summary: `{{ $labels.mountpoint }} of {{ $labels.instance }} is full within ${diskDays} days`,
      means: 'At the rate of the last day the disk is full soon. A node whose disk is full stops.',
      todo: 'let the volume grow, or prune more; a node whose disk is full stops',
    },
    {
      name: 'DiskFull',
      severity: 'page',
      expr: 'node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"} / node_filesystem_size_bytes < 0.05',
      for: '5m',
      summary: '{{ $labels.mountpoint }} of {{ $labels.instance }} has less than 5 % left',
      means: 'A node whose disk is full stops, and its database may be damaged.',
      todo: 'let the volume grow now',
    },
    {
      name: 'VolumeFullSoon',
      severity: 'ticket',
      expr: `predict_linear(watchbill_fleet_disk_available_bytes[24h], ${diskDays} * 86400) < 0 and watchbill_fleet_disk_available_bytes / watchbill_fleet_disk_size_bytes < 0.5`,
      for: '1h',
      summary: `the volume of ${NODE} is full within ${diskDays} days`,
      means: 'At the rate of the last day the volume is full soon. A node whose disk is full stops.',
      todo: 'let the volume grow, or prune more; a node whose disk is full stops',
    },
    {
      name: 'VolumeFull',
      severity: 'page',
      expr: 'watchbill_fleet_disk_available_bytes / watchbill_fleet_disk_size_bytes < 0.05',
      for: '5m',
      summary: `the volume of ${NODE} has less than 5 % left`,
      means: 'A node whose disk is full stops, and its database may be damaged.',
      todo: 'let the volume grow now',
    },
  ];
}

function clockAlerts({ certificateDays, clockSkewSeconds }: Thresholds): readonly Alert[] {
  return [
    {
      name: 'ClockIsOff',
      severity: 'page',
      expr: `abs(node_timex_offset_seconds) > ${clockSkewSeconds} or node_timex_sync_status == 0`,
      for: '10m',
      summary: 'the clock of {{ $labels.instance }} is off, or no time service synchronises it',
      means: 'Slots follow the clock: blocks of a machine with a wrong clock are refused.',
      todo: 'look at its time service: slots depend on the clock',
    },
    {
      name: 'CertificateEnds',
      severity: 'ticket',
      expr: `watchbill_gateway_certificate_end_seconds - time() < ${certificateDays} * 86400`,
      for: '1h',
      summary: `the certificate of the gateway {{ $labels.instance }} ends within ${certificateDays} days`,
      means: 'When it has ended, clients refuse the connection. Its renewal has failed.',
      todo: 'renew it, and restart the gateway',
    },
    {
      name: 'EndpointCertificateEnds',
      severity: 'ticket',
      expr: `watchbill_fleet_certificate_end_timestamp_seconds - time() < ${certificateDays} * 86400`,
      for: '1h',
      summary: `the certificate that {{ $labels.endpoint }} shows ends within ${certificateDays} days`,
      means: 'When it has ended, clients refuse the connection. Its renewal has failed.',
      todo: 'renew it where TLS ends; its automatic renewal has failed',
    },
  ];
}
