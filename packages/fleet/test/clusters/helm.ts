// Helm and kubeconform, which were built beside the control plane.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type ControlPlane, findKubernetes, writeSchemas } from '@watchbill/testkit/kubernetes';

const TIMEOUT_MS = 120_000;

export interface Helm {
  /** For the commands of a page: `helm` is in its PATH, and leads to the control plane. */
  readonly env: Readonly<Record<string, string>>;
  /** What it printed. Throws with all output if it fails. */
  run(...args: readonly string[]): string;
  /** How many objects a text has. Throws if one of them does not fit the schema of the server. */
  validate(text: string): number;
}

/** `folder`: for the schemas of the server, and as home. */
export async function helmOn(plane: ControlPlane, folder: string): Promise<Helm> {
  const found = findKubernetes();
  assert.ok(found.found);
  const { programs } = found;
  const home = join(folder, 'home');
  mkdirSync(home);
  const schemas = join(folder, 'schemas');
  const { body } = await plane.request('GET', '/openapi/v2');
  assert.ok(writeSchemas(body, schemas) > 100);
  const env = {
    PATH: [dirname(programs.helm), process.env.PATH].join(delimiter),
    HOME: home,
    KUBECONFIG: plane.kubeconfigFile,
  };
  const program = (name: 'helm' | 'kubeconform', args: readonly string[]): string => {
    const ended = spawnSync(programs[name], args, { encoding: 'utf8', timeout: TIMEOUT_MS, env });
    // kubeconform tells what is wrong on standard output.
    if (ended.status !== 0) throw new Error(`${name} ${args.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  return {
    env,
    run: (...args) => program('helm', args),
    validate: (text) => {
      const file = join(folder, 'objects.yaml');
      writeFileSync(file, text);
      const location = join(schemas, '{{.ResourceKind}}{{.KindSuffix}}.json');
      const flags = ['-strict', '-summary', '-output', 'json', '-schema-location', location];
      const said = program('kubeconform', [...flags, file]);
      return (JSON.parse(said) as { readonly summary: { readonly valid: number } }).summary.valid;
    },
  };
}

/** An object as Helm and `fleet file render` print it. */
export interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export const inOrder = (objects: readonly Rendered[]): readonly Rendered[] =>
  objects.toSorted((a, b) => `${a.kind}/${a.metadata.name}`.localeCompare(`${b.kind}/${b.metadata.name}`));
