import { unitName } from '../../file/emit/index.ts';
import { MARKS } from '../../file/graph/index.ts';
import { REDACTED, REDACTIONS } from './redact.ts';

/** One node whose unit writes to the journal. */
export interface LogNode {
  readonly name: string;
  readonly pool: string;
  readonly role: string;
}

/** The destination of the lines. Secrets are in files that Alloy reads. */
export interface LokiAddress {
  /** Ends in `/loki/api/v1/push`. */
  readonly url: string;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

const HEAD = '// Where the logs of nodes go. Made by `watchbill fleet services watch logs`.\n';

/** The configuration of Alloy on a machine: the units of its nodes, from the journal. */
export function journalAlloy(
  network: string,
  place: string,
  nodes: readonly LogNode[],
  loki: LokiAddress,
): string {
  const unit = '__journal__systemd_unit';
  const unitOf = (name: string) => escaped(unitName(network, name));
  const keep = { from: [unit], regex: nodes.map(({ name }) => unitOf(name)).join('|'), action: 'keep' };
  const rules = [
    keep,
    ...nodes.flatMap(({ name, pool, role }) =>
      Object.entries({ node: name, pool, role }).map(([label, value]) => ({
        from: [unit],
        regex: unitOf(name),
        to: label,
        replacement: value,
      })),
    ),
  ];
  const source = `loki.relabel "units" {
  forward_to = []
${rules.map(ruleText).join('\n')}
}

loki.source.journal "nodes" {
  max_age       = "12h"
  relabel_rules = loki.relabel.units.rules
  forward_to    = [loki.process.redact.receiver]
}
`;
  return [HEAD, source, pipeline(network, place, loki)].join('\n');
}

/** The configuration of Alloy in a cluster: the pods of the network, through the API of the cluster. */
export function podsAlloy(network: string, place: string, namespace: string, loki: LokiAddress): string {
  const label = (name: string) => `__meta_kubernetes_pod_label_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`;
  const rules = [
    { from: [label(MARKS.network)], regex: escaped(network), action: 'keep' },
    { from: [label(MARKS.pool)], regex: '(.+)', to: 'pool', replacement: '$1' },
    { from: [label(MARKS.role)], regex: '(.+)', to: 'role', replacement: '$1' },
    // Identical nodes are named by their pods.
    { from: ['__meta_kubernetes_pod_name'], regex: '(.+)', to: 'node', replacement: '$1' },
    { from: [label(MARKS.node)], regex: '(.+)', to: 'node', replacement: '$1' },
    { from: ['__meta_kubernetes_pod_container_name'], regex: '(.+)', to: 'container', replacement: '$1' },
  ];
  const source = `discovery.kubernetes "pods" {
  role = "pod"

  namespaces {
    names = [${text(namespace)}]
  }
}

discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets
${rules.map(ruleText).join('\n')}
}

loki.source.kubernetes "pods" {
  targets    = discovery.relabel.pods.output
  forward_to = [loki.process.redact.receiver]
}
`;
  return [HEAD, source, pipeline(network, place, loki)].join('\n');
}

/** The common stages after both sources: labels, redaction, the output. */
function pipeline(network: string, place: string, loki: LokiAddress): string {
  const stages = REDACTIONS.map(
    ({ what, expression }) => `
  // ${what}
  stage.replace {
    expression = ${text(expression)}
    replace    = ${text(REDACTED)}
  }`,
  ).join('\n');
  return `loki.process "redact" {
  forward_to = [loki.write.hub.receiver]

  stage.static_labels {
    values = {
      network = ${text(network)},
      place   = ${text(place)},
    }
  }
${stages}
}

loki.write "hub" {
  endpoint {
    url = ${text(loki.url)}
${endpoint(loki)}  }
}
`;
}

function endpoint({ tokenFile, caFile, certFile, keyFile }: LokiAddress): string {
  const of = (name: string, value: string | undefined, indent: string) =>
    value === undefined ? '' : `${indent}${name} = ${text(value)}\n`;
  const tls = [
    of('ca_file', caFile, '      '),
    of('cert_file', certFile, '      '),
    of('key_file', keyFile, '      '),
  ].join('');
  const block = tls === '' ? '' : `\n    tls_config {\n${tls}    }\n`;
  return of('bearer_token_file', tokenFile, '    ') + block;
}

interface Rule {
  readonly from: readonly string[];
  readonly regex: string;
  readonly action?: string;
  readonly to?: string;
  readonly replacement?: string;
}

function ruleText({ from, regex, action, to, replacement }: Rule): string {
  const lines = [
    `source_labels = [${from.map(text).join(', ')}]`,
    `regex = ${text(regex)}`,
    ...(action === undefined ? [] : [`action = ${text(action)}`]),
    ...(to === undefined ? [] : [`target_label = ${text(to)}`]),
    ...(replacement === undefined ? [] : [`replacement = ${text(replacement)}`]),
  ];
  return `
  rule {
${lines.map((line) => `    ${line}`).join('\n')}
  }`;
}

/** Strings of Alloy are written as those of JSON. */
function text(value: string): string {
  return JSON.stringify(value);
}

function escaped(value: string): string {
  return value.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
