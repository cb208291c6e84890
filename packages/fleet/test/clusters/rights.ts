import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '@watchbill/testkit/kubernetes';
import { parseAllDocuments } from 'yaml';

/** An object as a file has it. */
export interface Written {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** The plurals of the kinds that tests apply without discovery. */
const PLURALS: Readonly<Record<string, string>> = {
  NetworkPolicy: 'networkpolicies',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
};

export function documentsOf(text: string): readonly Written[] {
  return parseAllDocuments(text).map((one) => one.toJS() as Written);
}

export function pathOf({ apiVersion, kind, metadata }: Written): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const inNamespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${group}${inNamespace}/${PLURALS[kind] ?? `${kind.toLowerCase()}s`}/${metadata.name}`;
}

/** `kubectl apply --server-side --force-conflicts`, as an administrator. */
export async function applyFile(plane: ControlPlane, text: string, manager = 'kubectl'): Promise<void> {
  for (const one of documentsOf(text)) {
    const path = `${pathOf(one)}?fieldManager=${manager}&force=true`;
    const { status, body } = await plane.request('PATCH', path, one, 'application/apply-patch+yaml');
    assert.ok(status < 300, `${path}: ${JSON.stringify(body)}`);
  }
}

/** A kubeconfig with a token of a ServiceAccount, as a pipeline has it. */
export async function kubeconfigOfAccount(
  plane: ControlPlane,
  namespace: string,
  name: string,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { status, body } = await plane.request('POST', path, { spec: {} });
  assert.equal(status, 201, JSON.stringify(body));
  const { token } = (body as { status: { token: string } }).status;
  const file = join(plane.folder, `${namespace}-${name}.kubeconfig`);
  const cluster = { server: plane.url, 'insecure-skip-tls-verify': true };
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'c',
    }),
    { mode: 0o600 },
  );
  return file;
}
