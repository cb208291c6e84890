import { type Dashboard, lines, number, RATE } from '@watchbill/kit/alerts';

const OF = 'group=~"$group",member=~"$member"';
const series = (metric: string, labels = ''): string =>
  `watchbill_coordinate_${metric}{${OF}${labels === '' ? '' : `,${labels}`}}`;
const grown = (metric: string, labels: string, by: string): string =>
  `sum by (${by}) (increase(${series(metric, labels)}[6h]))`;

/** Groups of operators: whether windows are settled, who is missing, and which faults were recorded. */
export const COORDINATE_DASHBOARD: Dashboard = {
  uid: 'watchbill-coordinate',
  title: 'Watchbill: groups of operators',
  about:
    'Whether the windows of each group are settled, which members are missing, and which faults were recorded.',
  choices: [
    { name: 'group', series: 'watchbill_coordinate_height', label: 'group' },
    { name: 'member', series: 'watchbill_coordinate_height', label: 'member' },
  ],
  panels: [
    number(
      'Settled',
      'Windows with an agreement in six hours, of the member with the fewest.',
      'short',
      `min(${grown('outcomes_total', 'result=~"execute|noop"', 'group, member')})`,
      { bad: { at: 1, when: 'below' } },
    ),
    number(
      'Missed',
      'Windows without an agreement in six hours, of the member with the most.',
      'short',
      `max(${grown('outcomes_total', 'result=~"failed|skipped"', 'group, member')})`,
      { bad: { at: 2, when: 'above' } },
    ),
    number(
      'Proven faults',
      'Evidence files of the last six hours, without idle leaders.',
      'short',
      `sum(${grown('faults_total', 'kind!~"idleness|leader-.+"', 'kind')})`,
      { bad: { at: 1, when: 'above' } },
    ),
    number(
      'Spare members',
      'Connected members above the quorum, of the member with the fewest; below 0 the group cannot agree.',
      'short',
      `min(${series('peers')} + 1 - ${series('quorum')})`,
      { bad: { at: 0, when: 'below' } },
    ),
    lines('Windows by result', 'How windows ended, over six hours.', 'short', [
      { expr: grown('outcomes_total', '', 'result, reason'), legend: '{{result}} {{reason}}' },
    ]),
    lines('Connections', '1 if the member hears that other member.', 'short', [
      { expr: series('member_connected'), legend: '{{member}} hears {{peer}}' },
    ]),
    lines('Faults', 'Recorded faults over six hours, by kind.', 'short', [
      { expr: grown('faults_total', '', 'kind'), legend: '{{kind}}' },
    ]),
    lines(
      'Finalised height',
      'As the node of each member reports it; a line that lags is a node behind.',
      'short',
      [{ expr: series('height'), legend: '{{group}} {{member}}' }],
    ),
    lines(
      'Lease left',
      'Blocks until the lease of the running action ends; none while no action runs.',
      'short',
      [
        {
          expr: `(${series('lease_end')} - ${series('height')}) and ${series('lease_end')} > 0`,
          legend: '{{member}}',
        },
      ],
    ),
    lines('Last window', 'Its index modulo 1000, and the rank that it reached.', 'short', [
      { expr: `${series('window')} % 1000`, legend: '{{member}} window' },
      { expr: series('rank'), legend: '{{member}} rank' },
    ]),
    lines('Actions', 'Certificates and started actions, over six hours.', 'short', [
      { expr: grown('certificates_total', '', 'action'), legend: '{{action}} certified' },
      { expr: grown('executions_total', '', 'action, member'), legend: '{{action}} by {{member}}' },
    ]),
    lines('Notices and failed questions', 'Over six hours, by code and by question.', 'short', [
      { expr: grown('notices_total', '', 'code'), legend: '{{code}}' },
      { expr: grown('port_failures_total', '', 'what'), legend: '{{what}}' },
    ]),
    lines('Members and messages', 'Size of the group, and messages sent a second.', 'short', [
      { expr: series('members'), legend: '{{member}} members' },
      {
        expr: `sum by (member, again) (rate(${series('broadcasts_total')}[${RATE}]))`,
        legend: '{{member}} again: {{again}}',
      },
    ]),
    lines('Refused and dropped', 'Frames and messages without an effect, by reason.', 'short', [
      {
        expr: `sum by (reason) (rate(${series('transport_refusals_total')}[${RATE}]))`,
        legend: 'transport: {{reason}}',
      },
      { expr: `sum by (reason) (rate(${series('dropped_total')}[${RATE}]))`, legend: '{{reason}}' },
    ]),
  ],
};
