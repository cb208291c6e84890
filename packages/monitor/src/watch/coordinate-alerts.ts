import type { AlertGroup } from './alerts.ts';

const MEMBER = '{{ $labels.member }} of the group {{ $labels.group }}';
const of = (metric: string, labels = ''): string => `watchbill_coordinate_${metric}${labels}`;
/** Windows of one member in some hours, by result. */
const windows = (results: string, hours: number): string =>
  `sum by (group, member) (increase(${of('outcomes_total', `{result=~"${results}"}`)}[${hours}h]))`;

/**
 * Alerts for members of groups of operators. The times fit windows of about an hour. Prometheus scrapes the
 * members in a job named `coordinate`.
 */
export function coordinateAlerts(): AlertGroup {
  return {
    name: 'watchbill-coordinate',
    about: 'groups of operators',
    alerts: [...memberAlerts(), ...windowAlerts(), ...faultAlerts()],
  };
}

function memberAlerts(): AlertGroup['alerts'] {
  return [
    {
      name: 'CoordinateMemberDown',
      severity: 'ticket',
      expr: 'up{job="coordinate"} == 0',
      for: '5m',
      summary: 'the member at {{ $labels.instance }} does not answer',
      todo: 'read the log of its process; a start on another machine needs its state folder, never a copy',
    },
    {
      name: 'CoordinateChainStands',
      severity: 'page',
      expr: `changes(${of('height')}[10m]) == 0`,
      for: '1m',
      summary: `the finalised height of ${MEMBER} has stood still for 10 minutes`,
      todo: 'check its node and the finality of the chain',
    },
    {
      name: 'CoordinateChainLags',
      severity: 'ticket',
      expr: `max by (group) (${of('height')}) - on (group) group_right () ${of('height')} > 20`,
      for: '10m',
      summary: `the node of ${MEMBER} is {{ $value }} blocks behind those of other members`,
      todo: 'check the peers and the disk of its node',
    },
    {
      name: 'CoordinateNoQuorum',
      severity: 'page',
      expr: `${of('peers')} + 1 < floor(2 * ${of('members')} / 3) + 1`,
      for: '5m',
      summary: `${MEMBER} has only {{ $value }} connected members, itself included: less than a quorum`,
      todo: 'check the processes and ports of the members that are missing in `coordinate status`',
    },
    {
      name: 'CoordinateMemberSilent',
      severity: 'ticket',
      expr: `${of('member_connected')} == 0`,
      for: '30m',
      summary: `${MEMBER} has had no connection to {{ $labels.peer }} for 30 minutes`,
      todo: 'ask its operator; compare addresses, group files and clocks',
    },
  ];
}

function windowAlerts(): AlertGroup['alerts'] {
  return [
    {
      name: 'CoordinateWindowsMissed',
      severity: 'ticket',
      expr: `${windows('failed|skipped', 6)} >= 2`,
      for: '1m',
      summary: `{{ $value }} windows of ${MEMBER} ended without an agreement in six hours`,
      todo: 'read the reasons in `coordinate windows`',
    },
    {
      name: 'CoordinateNothingSettled',
      severity: 'page',
      expr: `${windows('execute|noop', 6)} == 0 and ${windows('failed|skipped', 6)} >= 3`,
      for: '1m',
      summary: `no window of ${MEMBER} was settled in six hours`,
      todo: 'compare `coordinate windows` of several members: the reason names the missing part',
    },
    {
      name: 'CoordinateLeaseLong',
      severity: 'ticket',
      expr: `${of('lease_end')} > 0 and (${of('height')} - ${of('lease_start')}) / (${of('lease_end')} - ${of('lease_start')}) > 0.9`,
      for: '1m',
      summary: `an action of ${MEMBER} still runs after nine tenths of its lease`,
      todo: 'read its receipts in `coordinate windows`; it expires at the end of the lease',
    },
  ];
}

function faultAlerts(): AlertGroup['alerts'] {
  return [
    {
      name: 'CoordinateLeaderIdle',
      severity: 'ticket',
      expr: `sum by (group, member) (increase(${of('faults_total', '{kind="idleness"}')}[6h])) >= 2`,
      for: '1m',
      summary: `${MEMBER} recorded {{ $value }} idle leaders in six hours`,
      todo: 'see who in `coordinate status`, and ask the operator; it is no proof of a fault',
    },
    {
      name: 'CoordinateFaultProven',
      severity: 'page',
      expr: `sum by (group, member, kind) (increase(${of('faults_total', '{kind!="idleness"}')}[1h])) > 0`,
      for: '0m',
      summary: `${MEMBER} has a proof of {{ $labels.kind }}`,
      todo: 'save the evidence file and verify it; then talk to the operator of the culprit',
    },
    {
      name: 'CoordinateNotStored',
      severity: 'page',
      expr: `sum by (group, member) (increase(${of('store_failures_total')}[10m])) > 0`,
      for: '2m',
      summary: `${MEMBER} cannot store its records, so it does not sign`,
      todo: 'free some space, or repair the disk; the member continues by itself',
    },
  ];
}
