import { digestOf, isList, isRecord, type Json } from '@watchbill/kit';
import type { Graph, KubernetesResource } from '../../graph/resource.ts';
import { clustersOf, fileName, yamlText } from './objects.ts';
import type { RenderedFile } from './rendered-file.ts';

/**
 * A chart for each cluster. Its only values are images, by digest: other values could break the promises of
 * the network file. The namespace is not in it, since removing a release would remove the volumes with the
 * keys.
 */
export function helmFiles(
  graph: Pick<Graph, 'places' | 'resources' | 'network'>,
  signers: boolean,
): readonly RenderedFile[] {
  return clustersOf(graph, signers).flatMap(({ name, namespace, resources }) => {
    const own = resources.filter(({ kind }) => kind !== 'Namespace');
    const images = imagesOf(own);
    const chart = {
      apiVersion: 'v2',
      name: `${graph.network}-${name}`,
      description: `Nodes of the network ${graph.network} in ${name}`,
      type: 'application',
    };
    const files: readonly RenderedFile[] = [
      {
        path: `${name}/values.yaml`,
        text: `# Images by pool. Change only the images here.\n${yamlText({ images })}`,
      },
      { path: `${name}/values.schema.json`, text: `${JSON.stringify(valuesSchema(images), null, 2)}\n` },
      { path: `${name}/templates/NOTES.txt`, text: notes(namespace) },
      ...own.map((resource) => ({
        path: `${name}/templates/${fileName(resource)}`,
        text: template(resource, images),
      })),
    ];
    // Another content is another version: some tools upgrade a release only then.
    const version = `1.0.0-c${digestOf(files.map(({ path, text }) => [path, text])).slice(0, 12)}`;
    return [{ path: `${name}/Chart.yaml`, text: yamlText({ ...chart, version }) }, ...files];
  });
}

function notes(namespace: string): string {
  return [
    `The nodes run in the namespace ${namespace}, which this chart does not make: a release that is removed would take its`,
    'volumes, and the keys on them, along.',
    'Signers are not restarted by an upgrade. Delete their pods one by one, each when the one before it is healthy.',
    '',
  ].join('\n');
}

/** A digest for each pool, taken from the first of its nodes. */
function imagesOf(resources: readonly KubernetesResource[]): Record<string, string> {
  const images: Record<string, string> = {};
  for (const { subject, body } of resources) {
    const image = imageIn(body);
    if (subject.pool !== null && image !== null) images[subject.pool] ??= image;
  }
  return images;
}

function imageIn(value: Json): string | null {
  if (isList(value)) return value.map(imageIn).find((one) => one !== null) ?? null;
  if (!isRecord(value)) return null;
  if (isList(value.containers)) {
    const [container] = value.containers.filter(isRecord);
    return typeof container?.image === 'string' ? container.image : null;
  }
  return (
    Object.values(value)
      .map(imageIn)
      .find((one) => one !== null) ?? null
  );
}

/** A placeholder for an image until the YAML is written. */
const MARK = 'WATCHBILL_IMAGE_OF_';

function template(resource: KubernetesResource, images: Readonly<Record<string, string>>): string {
  const { pool } = resource.subject;
  const image = pool === null ? undefined : images[pool];
  if (pool === null || image === undefined) return escaped(yamlText(resource.body));
  const text = escaped(yamlText(mark(resource.body as Json, pool, image)));
  return text.replace(
    /^(\s*(?:- )?image: )WATCHBILL_IMAGE_OF_([a-z0-9-]+)$/gm,
    (_line, key: string, name: string) => `${key}{{ index .Values.images "${name}" | quote }}`,
  );
}

/** Escapes braces in a text, so that they do not begin a template. */
function escaped(text: string): string {
  return text.replaceAll('{{', '{{ "{{" }}');
}

/** The image of the pool becomes a value; images of tools, and of a node that has another, stay. */
function mark(value: Json, pool: string, image: string): Json {
  if (isList(value)) return value.map((one) => mark(one, pool, image));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'image' && inner === image ? `${MARK}${pool}` : mark(inner, pool, image),
    ]),
  );
}

function valuesSchema(images: Readonly<Record<string, string>>): Json {
  const image = { type: 'string', pattern: '^[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}$' };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    additionalProperties: false,
    required: ['images'],
    properties: {
      // Helm adds it to the values of every chart.
      global: { type: 'object' },
      images: {
        type: 'object',
        additionalProperties: false,
        required: Object.keys(images),
        properties: Object.fromEntries(Object.keys(images).map((pool) => [pool, image])),
      },
    },
  };
}
