import { coordinateMonitoring } from '@watchbill/coordinate/alerts';
import { serviceMonitoring } from '@watchbill/duty/alerts';
import { fleetMonitoring } from '@watchbill/fleet/watch';
import { guardMonitoring } from '@watchbill/guard/alerts';
import { plainText } from '@watchbill/kit/alerts';
import { nominateMonitoring } from '@watchbill/nominate/alerts';
import { code, fenced, page, table } from './markdown.mjs';

const NODE = { network: 'NETWORK', node: 'NODE' };
/** Placeholders for the targets that a network file names. */
const EXPECTED = {
  places: ['PLACE'],
  nodes: [{ ...NODE, pool: 'POOL', role: 'ROLE', place: 'PLACE' }],
  claims: [{ namespace: 'NAMESPACE', place: null }],
  backups: [NODE],
  jobs: [{ namespace: 'NAMESPACE', job: 'JOB', minutes: 60 }],
};

/** docs/reference/alerts.md: one section for each alert of every capability. */
export function alertsPage() {
  const service = serviceMonitoring().groups;
  const here = new Set(service.map(({ name }) => name));
  const capabilities = [
    ['service', 'The permission service', service],
    ['coordinate', 'Groups of operators', coordinateMonitoring().groups],
    ['guard', 'Guards of stock nodes', guardMonitoring().groups],
    ['nominate', 'The nominate service', nominateMonitoring().groups],
    ['fleet', 'Fleets', fleetMonitoring(undefined, EXPECTED).groups.filter(({ name }) => !here.has(name))],
  ];
  return page('Alerts', [
    '`page` alerts need you at any hour, `ticket` alerts in the daytime. The conditions have the default thresholds. Words in capitals, for example `NODE`, come from your network file.',
    'Prometheus gets them by `watchbill monitor rules --of service`, `--of coordinate`, `--of guard`, `--of nominate` or `--of fleet`; for a fleet, [`fleet services watch render`](../fleet/how-to/watch-fleet.md) also knows which nodes to expect. Every alert was tested with `promtool test rules`: with series that must fire it, and with similar series that must not.',
    ...capabilities.flatMap(([of, title, groups]) => [
      `## ${title}`,
      `\`watchbill monitor alerts --of ${of}\` lists them.`,
      table(
        ['alert', 'severity', 'says'],
        groups.flatMap(({ alerts }) =>
          alerts.map(({ name, severity, summary }) => [
            `[${code(name)}](#${name.toLowerCase()})`,
            severity,
            // `<node>` would be read as a tag of HTML.
            plainText(summary).replaceAll(/<(\w+)>/g, '`$1`'),
          ]),
        ),
      ),
      ...groups.flatMap(({ alerts }) => alerts.flatMap(section)),
    ]),
  ]);
}

function section({ name, severity, expr, for: wait, means, todo, run }) {
  const after = wait === '0m' ? 'at once' : `after ${wait}`;
  const command = run === undefined ? [] : [`Command: ${code(run)}`];
  return [
    `### ${name}`,
    `A ${severity}, ${after}. ${means}`,
    `First steps: ${todo}.`,
    ...command,
    fenced('promql', expr),
  ];
}
