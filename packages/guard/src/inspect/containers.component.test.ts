import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { inspectContainers } from './containers.ts';

const root = temporaryFolder();

function write(path: string, value: unknown): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof value === 'string' ? value : JSON.stringify(value));
}

function container(name: string, policy: string, args: readonly string[]): void {
  const folder = `var/lib/docker/containers/${name}`;
  write(`${folder}/hostconfig.json`, { RestartPolicy: { Name: policy, MaximumRetryCount: 0 } });
  write(`${folder}/config.v2.json`, { Name: `/${name}`, Path: '/usr/bin/polkadot', Args: args });
}

const found = async (): Promise<readonly string[]> => {
  const look = await inspectContainers(root);
  assert.ok(look.looked, JSON.stringify(look));
  return look.value.restarted.map(({ engine, name, policy }) => `${engine} ${name} ${policy}`).toSorted();
};

test('a machine without an engine has no container', async () => {
  assert.deepEqual(await found(), []);
});

test('validators that Docker or the kubelet starts by itself are found, and no others', async () => {
  container('dot', 'unless-stopped', ['--validator', '--password=secret']);
  container('by-hand', 'no', ['--validator']);
  container('full', 'always', ['--name', 'full']);
  container('guarded', 'always', ['guard', 'run', '--', 'polkadot', '--validator']);
  write('var/lib/docker/containers/damaged/hostconfig.json', '{');
  const pod = (args: string, policy = ''): string =>
    `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ksm-0\nspec:\n${policy}  containers:\n    - args: [${args}]\n`;
  write('etc/kubernetes/manifests/ksm.yaml', pod('"--validator"'));
  write('etc/kubernetes/manifests/full.yaml', pod('"--name", "full"'));
  write('etc/kubernetes/manifests/once.yaml', pod('"--validator"', '  restartPolicy: Never\n'));
  assert.deepEqual(await found(), ['docker dot unless-stopped', 'kubelet ksm-0 Always']);
  assert.doesNotMatch(JSON.stringify(await inspectContainers(root)), /secret/);
});
