// The chart deploy/helm/watchbill, from the renderer of the fleet. It renders a network file whose settings
// are marks, and replaces each mark by an expression of helm. A mark that the renderer does not write ends
// the generation, so a change of the renderer never gets lost here.

import { networkJsonSchema, readNetwork } from '@watchbill/fleet/file';
import { yamlText } from '@watchbill/fleet/file/emit';
import { json, version } from '../../../../scripts/reference/pages.mjs';
import { edit } from './edit.mjs';

const [NAMESPACE, RELEASE, PORT] = ['mark-namespace', 'mark-release', 8459];
const IMAGE = `registry.invalid/mark@sha256:${'0'.repeat(64)}`;
/** The first one renders every optional part; the second one what is there in their place. */
const SERVICE = {
  name: RELEASE,
  places: ['main'],
  image: IMAGE,
  imagePullSecrets: ['mark-pull'],
  tls: 'mark-tls',
  operator: 'mark-operator',
  command: 'mark-command',
  port: PORT,
  store: {
    endpoints: ['https://192.0.2.1:2399'],
    prefix: '/mark-prefix/',
    tls: 'mark-store-tls',
    user: 'mark-user',
    password: 'mark-password',
  },
  storage: { sizeGiB: 1021, class: 'mark-class' },
  resources: { cpu: 0.777, memoryGiB: 3 },
  placement: {
    spread: 'prefer',
    nodeSelector: { mark: 'selector' },
    tolerations: [{ key: 'mark-toleration', operator: 'Exists' }],
    priorityClassName: 'mark-priority',
  },
};
const OTHER = {
  ...SERVICE,
  store: { ...SERVICE.store, endpoints: ['https://mark.invalid:2399'] },
  placement: { ...SERVICE.placement, spread: 'require' },
};

/** Each file of the chart: path below deploy/helm/watchbill, and text. @returns {Map<string, string>} */
export function chartFiles() {
  const [full, other] = [objectsOf(SERVICE), objectsOf(OTHER)].map(({ objects }) => objects);
  const templates = [...full].map(([name, text]) => [
    `templates/${name}.yaml`,
    templateOf(text, other.get(name)),
  ]);
  return new Map([
    ['Chart.yaml', chartText()],
    ['values.schema.json', json(valuesSchema())],
    ['values.yaml', valuesText()],
    ...templates,
  ]);
}

/** YAML of each object but the namespace, by kind; and the settings with every default. */
function objectsOf(service) {
  const text = JSON.stringify({
    format: 'watchbill/network/1',
    name: NAMESPACE,
    chain: { name: 'westend' },
    clusters: { main: {} },
    monitoringNamespace: 'mark-monitoring',
    service,
  });
  const read = readNetwork(text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const objects = read.graph.resources.filter(({ kind }) => kind !== 'Namespace');
  const nameOf = ({ kind, name }) => `${kind.toLowerCase()}${name === `${NAMESPACE}-deny` ? '-deny' : ''}`;
  return {
    objects: new Map(objects.map((one) => [nameOf(one), yamlText(one.body)])),
    settings: read.network.service.settings,
  };
}

/** The defaults of a network file. */
function valuesText() {
  const { name, places, tls, operator, store, image } = SERVICE;
  const least = { name, places, tls, operator, image, store: { endpoints: store.endpoints } };
  const { settings } = objectsOf(least);
  const { tls: _, operator: __, image: ___, store: filled, ...others } = settings;
  const values = {
    ...others,
    store: { prefix: filled.prefix },
    gates: [],
    monitoringNamespace: 'monitoring',
  };
  return `# Give image, tls, operator and store.endpoints; docs/duty/how-to/deploy-the-service.md#helm shows an example.\n${yamlText(values)}`;
}

function templateOf(text, other) {
  const own = edit(text);
  if (other === undefined) throw new Error('the two renderings have other objects');
  if (own.has('podAntiAffinity:'))
    own.choose('podAntiAffinity:', other, 'eq .Values.placement.spread "prefer"');
  if (own.has('- ipBlock:')) storeRule(own, other);
  if (own.has('mark: selector')) optionalParts(own);
  own.scalars([
    [IMAGE, '.Values.image'],
    ['mark-tls', '.Values.tls'],
    ['mark-operator', '.Values.operator'],
    ['mark-command', '.Values.command'],
    ['mark-monitoring', '.Values.monitoringNamespace'],
    [RELEASE, '.Release.Name'],
    [NAMESPACE, '.Release.Namespace'],
    [String(PORT), '.Values.port', 'int'],
  ]);
  const written = own.text();
  const left = /mark|192[.]0[.]2|2399|8459/.exec(written);
  if (left !== null) throw new Error(`a template still has ${left[0]}:\n${written}`);
  return written;
}

/** IP addresses become blocks. For names, every address outside the cluster's own is open. */
function storeRule(own, other) {
  own.before('- namespaceSelector:', [
    '        {{- with .Values.gates }}',
    '        {{- toYaml . | nindent 8 }}',
    '        {{- end }}',
  ]);
  const lines = other.split('\n');
  const from = lines.indexOf('        - ipBlock:');
  const open = lines.slice(from, lines.indexOf('      ports:', from));
  if (from < 0 || !open.includes('        - namespaceSelector: {}'))
    throw new Error('the rule of names has changed');
  own.replaceBlock('- ipBlock:', [
    '        {{- if eq (include "watchbill.byAddress" .) "true" }}',
    '        {{- include "watchbill.storePeers" . | nindent 8 }}',
    '        {{- else }}',
    ...open,
    '        {{- end }}',
  ]);
  const ports = '        {{- include "watchbill.storePorts" . | nindent 8 }}';
  const replaced = own.replaceBlock('- protocol: TCP', [ports], 'last');
  if (!replaced.join().includes('port: 2399'))
    throw new Error('the rule of the store is no longer the last one');
}

function optionalParts(own) {
  const [store, placement, storage] = ['store', 'placement', 'storage'].map((name) => `.Values.${name}`);
  own.before('apiVersion:', ['{{- include "watchbill.check" . }}']);
  own.replaceBlock('nodeSelector:', withYaml(`${placement}.nodeSelector`, 'nodeSelector', 6));
  own.replaceBlock('tolerations:', withYaml(`${placement}.tolerations`, 'tolerations', 6));
  own.optional('priorityClassName: mark-priority', `${placement}.priorityClassName`);
  own.replaceBlock('imagePullSecrets:', [
    '      {{- with .Values.imagePullSecrets }}',
    '      imagePullSecrets:',
    '        {{- range . }}',
    '        - name: {{ . | quote }}',
    '        {{- end }}',
    '      {{- end }}',
  ]);
  for (const name of ['ca', 'cert', 'key']) own.optional(`- --store-tls-${name}-file=`, `${store}.tls`);
  for (const flag of ['--store-auth-user=', '--store-auth-password-file='])
    own.optional(`- ${flag}`, `${store}.user`);
  for (const [name, value] of [
    ['store-tls', 'tls'],
    ['store-password', 'password'],
  ]) {
    // Once as a mount, and once as a volume.
    own.optional(`- name: ${name}`, `${store}.${value}`);
    own.optional(`- name: ${name}`, `${store}.${value}`, 'last');
  }
  own.optional('storageClassName: mark-class', `${storage}.class`);
  own.scalars([
    ['https://192.0.2.1:2399', `join "," ${store}.endpoints`],
    ['/mark-prefix/', `${store}.prefix`],
    ['mark-store-tls', `${store}.tls`],
    // The only text without a pattern.
    ['--store-auth-user=mark-user', `printf "--store-auth-user=%s" ${store}.user`],
    ['mark-password', `${store}.password`],
    ['mark-priority', `${placement}.priorityClassName`],
    ['mark-class', `${storage}.class`],
    ['1021Gi', `printf "%dGi" (int ${storage}.sizeGiB)`],
    ['777m', 'printf "%dm" (round (mulf .Values.resources.cpu 1000) 0 | int)'],
    ['3072Mi', 'printf "%dMi" (round (mulf .Values.resources.memoryGiB 1024) 0 | int)'],
  ]);
}

function withYaml(value, name, indent) {
  const lines = [
    `{{- with ${value} }}`,
    `${name}:`,
    `  {{- toYaml . | nindent ${indent + 2} }}`,
    '{{- end }}',
  ];
  return lines.map((line) => `${' '.repeat(indent)}${line}`);
}

function chartText() {
  return yamlText({
    apiVersion: 'v2',
    name: 'watchbill',
    description:
      'Three permission services on one etcd: two machines share one validator identity, and never sign twice',
    type: 'application',
    version: version(),
    appVersion: version(),
    kubeVersion: '>=1.27.0-0',
  });
}

/** The section `service` of a network file, for the values of a chart. */
function valuesSchema() {
  const { name: _, places: __, ...properties } = networkJsonSchema().properties.service.properties;
  const { etcd: ___, ...store } = properties.store.properties;
  const peer = { type: 'object', minProperties: 1, additionalProperties: false };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    additionalProperties: false,
    required: ['image', 'tls', 'operator', 'store'],
    properties: {
      // Helm adds it to the values of every chart.
      global: { type: 'object' },
      ...properties,
      store: {
        ...properties.store,
        properties: store,
        required: ['endpoints'],
        dependencies: { user: ['password'], password: ['user'] },
      },
      gates: {
        description: 'Peers of a NetworkPolicy: the pods of gated nodes, which may ask the services.',
        type: 'array',
        items: {
          ...peer,
          properties: {
            podSelector: { type: 'object' },
            namespaceSelector: { type: 'object' },
            ipBlock: { type: 'object' },
          },
        },
      },
      monitoringNamespace: { description: 'Namespace of the pods that read metrics.', type: 'string' },
    },
  };
}
