import { coordinateMonitoring } from '@watchbill/coordinate/alerts';
import { serviceMonitoring } from '@watchbill/duty/alerts';
import { fleetMonitoring } from '@watchbill/fleet/watch';
import { guardMonitoring } from '@watchbill/guard/alerts';
import { plainText } from '@watchbill/kit/alerts';
import { nominateMonitoring } from '@watchbill/nominate/alerts';
import { blocks, code, fenced, filled, table } from './markdown.mjs';

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
  return filled(new URL('alerts.md', import.meta.url), {
    capabilities: blocks(capabilities.flatMap(chapter)),
  });
}

function chapter([of, title, groups]) {
  const alerts = groups.flatMap((group) => group.alerts);
  const cells = ({ name, severity, summary }) => [
    `[${code(name)}](#${name.toLowerCase()})`,
    severity,
    // `<node>` would be read as a tag of HTML.
    plainText(summary).replaceAll(/<(\w+)>/g, '`$1`'),
  ];
  return [
    `## ${title}`,
    `\`watchbill monitor alerts --of ${of}\` lists them.`,
    table(['alert', 'severity', 'says'], alerts.map(cells)),
    ...alerts.flatMap(section),
  ];
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
