import { type AlertGroup, rulesFile } from '@watchbill/kit/alerts';

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
    alerts: [...memberAlerts(), ...windowAlerts(), ...actionAlerts(), ...faultAlerts()],
  };
}

const HEAD = 'Alerts of groups of operators. Made by `watchbill coordinate watch`.';

/** The rules file of Prometheus for members of groups. */
export function coordinateRulesYaml(): string {
  return rulesFile(HEAD, [coordinateAlerts()]);
}

function memberAlerts(): AlertGroup['alerts'] {
  return [
    {
      name: 'CoordinateMemberDown',
      severity: 'ticket',
      expr: 'up{job="coordinate"} == 0',
      for: '5m',
      summary: 'the member at {{ $labels.instance }} does not answer',
      means:
        'A member has not answered for five minutes. Read the log of its process and start it again. If its machine is gone, start it elsewhere with its own state folder, or follow a lost state folder. Never run two processes with one key.',
      todo: 'read the log of its process; a start on another machine needs its state folder, never a copy',
    },
    {
      name: 'CoordinateChainStands',
      severity: 'page',
      expr: `changes(${of('height')}[10m]) == 0`,
      for: '1m',
      summary: `the finalised height of ${MEMBER} has not changed for 10 minutes`,
      means:
        'The finalised height has not changed for ten minutes. The group cannot agree. Check the node, then finality of the chain; `coordinate status` names the reason, for example `chain-unreachable`.',
      todo: 'check its node and the finality of the chain',
    },
    {
      name: 'CoordinateChainLags',
      severity: 'ticket',
      expr: `max by (group) (${of('height')}) - on (group) group_right () ${of('height')} > 20`,
      for: '10m',
      summary: `the node of ${MEMBER} is {{ $value }} blocks behind those of other members`,
      means:
        'The node of a member is more than 20 blocks behind the node of another member, for ten minutes. Prometheus sees this only if it scrapes several members. Check peers, disk and load of that node.',
      todo: 'check the peers and the disk of its node',
    },
    {
      name: 'CoordinateNoQuorum',
      severity: 'page',
      expr: `${of('peers')} + 1 < ${of('quorum')}`,
      for: '5m',
      summary: `${MEMBER} has only {{ $value }} connected members, itself included: less than a quorum`,
      means:
        'Fewer members than a quorum are connected, for example 2 of 4, for five minutes. In an RFC 12 group, no other operator is connected. `coordinate status` lists the missing ones. Check their processes, ports and clocks.',
      todo: 'check the processes and ports of the members that are missing in `coordinate status`',
    },
    {
      name: 'CoordinateMemberSilent',
      severity: 'ticket',
      expr: `${of('member_connected')} == 0`,
      for: '30m',
      summary: `${MEMBER} has had no connection to {{ $labels.peer }} for 30 minutes`,
      means:
        'A member has had no connection to another one for 30 minutes. If other members hear it, compare addresses and the reasons of refusals. Otherwise ask its operator.',
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
      means:
        'Two or more windows of six hours ended without an agreement. The section "How a window can end" lists each reason and its remedy.',
      todo: 'read the reasons in `coordinate windows`',
    },
    {
      name: 'CoordinateNothingSettled',
      severity: 'page',
      expr: `${windows('execute|noop', 6)} == 0 and ${windows('failed|skipped', 6)} >= 3`,
      for: '1m',
      summary: `no window of ${MEMBER} was settled in six hours`,
      means:
        'Three or more windows failed in six hours, and none was settled. Compare `coordinate windows` of several members: the detail names the missing members or the refusals.',
      todo: 'compare `coordinate windows` of several members: the reason names the missing part',
    },
    {
      name: 'CoordinateLeaseLong',
      severity: 'ticket',
      expr: `${of('lease_end')} > 0 and (${of('height')} - ${of('lease_start')}) / (${of('lease_end')} - ${of('lease_start')}) > 0.9`,
      for: '1m',
      summary: `an action of ${MEMBER} still runs after nine tenths of its lease`,
      means:
        'An action still runs after nine tenths of its lease. The resource stays blocked until the lease ends. Read its receipts; for `upgrade` and `rotate`, a member that is down holds up all after it.',
      todo: 'read its receipts in `coordinate windows`; it expires at the end of the lease',
    },
  ];
}

function actionAlerts(): AlertGroup['alerts'] {
  const receipts = of('receipts_total', '{result=~"failed|expired"}');
  return [
    {
      name: 'CoordinateActionFailed',
      severity: 'ticket',
      expr: `sum by (group, member, action, result) (increase(${receipts}[1h])) > 0`,
      for: '0m',
      summary: `the action {{ $labels.action }} of ${MEMBER} ended with {{ $labels.result }}`,
      means:
        'The group agreed on an action, and this member ended it with `failed` or `expired`. For example, a payment was included and failed because the account had too little. The group does not repeat the action by itself.',
      todo: 'read the receipt in `coordinate windows`: its text has the reason',
    },
  ];
}

function faultAlerts(): AlertGroup['alerts'] {
  return [
    {
      name: 'CoordinateOwnKeyElsewhere',
      severity: 'page',
      expr: `${of('own_key_elsewhere')} == 1`,
      for: '0m',
      summary: `another process runs with the key of ${MEMBER}, which signs nothing any more`,
      means:
        'Another process signs as this member, for example from a copy of its state folder on another machine. This member has stopped signing until it is restarted. Stop the other process, then restart this one. If the other process is not yours, the key is in wrong hands: change the members.',
      todo: 'stop the other process, then restart this member',
    },
    {
      name: 'CoordinateLeaderIdle',
      severity: 'ticket',
      expr: `sum by (group, member) (increase(${of('faults_total', '{kind=~"(leader-)?idleness"}')}[6h])) >= 2`,
      for: '1m',
      summary: `${MEMBER} recorded {{ $value }} idle leaders in six hours`,
      means:
        'A member recorded two or more idle leaders in six hours. `coordinate status` and `/faults` name them. It is no proof of a fault: ask the operator, and check the connection to it.',
      todo: 'find the leader in `coordinate status`, and ask its operator; it is no proof of a fault',
    },
    {
      // The faults of an RFC 12 group have no proof.
      name: 'CoordinateFaultProven',
      severity: 'page',
      expr: `sum by (group, member, kind) (increase(${of('faults_total', '{kind!~"idleness|leader-.+"}')}[1h])) > 0`,
      for: '0m',
      summary: `${MEMBER} has a proof of {{ $labels.kind }}`,
      means:
        'A member has a proof against another one, for example of `equivocation`. Verify the evidence, then talk to its operator: two processes with one key are the usual cause. If the key is in wrong hands, change the members.',
      todo: 'save the evidence file and verify it; then talk to the operator of the culprit',
    },
    {
      name: 'CoordinateNotStored',
      severity: 'page',
      expr: `sum by (group, member) (increase(${of('store_failures_total')}[10m])) > 0`,
      for: '2m',
      summary: `${MEMBER} cannot store its records, so it does not sign`,
      means:
        'A member cannot write its records, so it signs and sends nothing. Free the disk; the member continues by itself.',
      todo: 'free space, or repair the disk; the member continues by itself',
    },
  ];
}
