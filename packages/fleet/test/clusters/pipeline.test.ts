// The pipeline of examples/ci on a real API server, with the accounts of `render --format access`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { COMMAND } from '@watchbill/testkit/command';
import { parse } from 'yaml';
import { image, networkFile, type Ran, runIn, standInCluster } from './cli-ground.ts';
import { applyFile, kubeconfigOfAccount } from './rights.ts';

const NETWORK = 'piped';
const CI = new URL('../../../../examples/ci/', import.meta.url).pathname;

const of = ({ validators, rpc }: { readonly validators: number; readonly rpc: number }) =>
  networkFile({ name: NETWORK, validators, rpc, image: image('node') });

const { plane, bench } = await standInCluster();
let [planner, applier, programs] = ['', '', ''];
before(async () => {
  const file = join(bench.folder, 'network.yaml');
  writeFileSync(file, of({ validators: 2, rpc: 1 }));
  const rendered = await runIn(bench.folder, ['fleet', 'file', 'render', '--format', 'access']);
  assert.equal(rendered.code, 0, rendered.stderr);
  await applyFile(plane, rendered.stdout);
  planner = await kubeconfigOfAccount(plane, NETWORK, 'watchbill-plan');
  applier = await kubeconfigOfAccount(plane, NETWORK, 'watchbill-apply');
  programs = join(bench.folder, 'bin');
  mkdirSync(programs);
  writeFileSync(join(programs, 'watchbill'), `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`);
  chmodSync(join(programs, 'watchbill'), 0o755);
});

/** The clone of one job: a folder with the network file. */
function clone(name: string, text: string): string {
  const folder = join(bench.folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'network.yaml'), text);
  return folder;
}

function step(cwd: string, what: 'plan' | 'apply', env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const path = `${programs}:${join(process.execPath, '..')}:${process.env.PATH}`;
  const kubeconfig = what === 'plan' ? planner : applier;
  const { NODE_COMPILE_CACHE } = process.env;
  const child = spawn('sh', [join(CI, 'pipeline.sh'), what], {
    cwd,
    env: { PATH: path, HOME: cwd, KUBECONFIG: kubeconfig, NODE_COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
  });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (part: Buffer) => out.push(part));
  child.stderr.on('data', (part: Buffer) => err.push(part));
  return new Promise((resolve) => {
    child.once('close', (code) =>
      resolve({
        code: code ?? -1,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      }),
    );
  });
}

interface Planned extends Ran {
  readonly id: string;
  readonly comment: string;
  readonly folder: string;
}

/** The job of a pull request, on a runner that keeps nothing: the cluster remembers the network. */
async function pull(
  name: string,
  text: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Planned> {
  const folder = clone(name, text);
  const ran = await step(folder, 'plan', env);
  const read = (file: string) => readFileSync(join(folder, 'ci-plan', file), 'utf8');
  const { plan } = JSON.parse(read('plan.json')) as { plan: { id: string } };
  return { ...ran, folder, id: plan.id, comment: read('comment.md') };
}

/** The job that applies, on another runner: it has the commit and the artifact alone. */
function approve(planned: Planned, env: Readonly<Record<string, string>>, text?: string): Promise<Ran> {
  const there = `${planned.folder}-apply-${Object.values(env).join('-').length}`;
  mkdirSync(there, { recursive: true });
  writeFileSync(join(there, 'network.yaml'), text ?? readFileSync(join(planned.folder, 'network.yaml')));
  cpSync(join(planned.folder, 'ci-plan'), join(there, 'ci-plan'), { recursive: true });
  return step(there, 'apply', env);
}

async function setsOf(): Promise<readonly string[]> {
  const { body } = await plane.request('GET', `/apis/apps/v1/namespaces/${NETWORK}/statefulsets`);
  const { items } = body as { items: { metadata: { name: string }; spec: { replicas: number } }[] };
  return items.map(({ metadata, spec }) => `${metadata.name}: ${spec.replicas}`).sort();
}

test('a pull request gets a comment, and exactly the approved plan is applied', async () => {
  const planned = await pull('first', of({ validators: 2, rpc: 1 }), { PLAN_FLAGS: '--first-time' });
  assert.equal(planned.code, 0, planned.stderr);
  assert.match(planned.comment, /\| create \| east\/StatefulSet\/piped\/rpc-east \|/);
  assert.ok(planned.comment.includes(`approve it with its id: \`${planned.id}\``), planned.comment);
  for (const wrong of ['', planned.id.slice(0, 12), 'f'.repeat(64)]) {
    const refused = await approve(planned, { APPROVED_PLAN: wrong });
    assert.equal(refused.code, 3, refused.stdout + refused.stderr);
    assert.match(refused.stderr, /the approved plan is/);
  }
  const other = await approve(planned, { APPROVED_PLAN: planned.id }, of({ validators: 2, rpc: 2 }));
  assert.equal(other.code, 3);
  assert.match(other.stderr, /network\.yaml is not the file that was planned; plan again/);
  assert.deepEqual(await setsOf(), []);
  const done = await approve(planned, { APPROVED_PLAN: planned.id });
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.deepEqual(await setsOf(), ['rpc-east: 1', 'validators-east-0: 1', 'validators-east-1: 1']);
});

test('a plan that is stale is refused, and changes nothing', async () => {
  const stale = await pull('stale', of({ validators: 2, rpc: 3 }));
  assert.match(stale.comment, /\| update \| east\/StatefulSet\/piped\/rpc-east \|/);
  const meanwhile = await pull('meanwhile', of({ validators: 2, rpc: 2 }));
  const done = await approve(meanwhile, { APPROVED_PLAN: meanwhile.id });
  assert.equal(done.code, 0, done.stdout + done.stderr);
  const refused = await approve(stale, { APPROVED_PLAN: stale.id });
  assert.equal(refused.code, 3, refused.stdout + refused.stderr);
  assert.match(refused.stderr, /another plan was begun after this one was made/);
  assert.ok((await setsOf()).includes('rpc-east: 2'));
});

test('a change of a signer is refused until its risk is approved too', async () => {
  const planned = await pull('fewer', of({ validators: 1, rpc: 2 }));
  assert.match(
    planned.comment,
    /\| delete \| east\/StatefulSet\/piped\/validators-east-1 \| \*\*signing\*\*/,
  );
  assert.match(planned.comment, /needs the approval of these risks: `signing`/);
  for (const risks of ['', 'data-loss']) {
    const refused = await approve(planned, { APPROVED_PLAN: planned.id, APPROVED_RISKS: risks });
    assert.equal(refused.code, 3, refused.stdout + refused.stderr);
    assert.match(refused.stderr, /--allow-signing/);
  }
  assert.ok((await setsOf()).includes('validators-east-1: 1'));
  const done = await approve(planned, { APPROVED_PLAN: planned.id, APPROVED_RISKS: 'signing' });
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.deepEqual(await setsOf(), ['rpc-east: 2', 'validators-east-0: 1']);
  const quiet = await pull('quiet', of({ validators: 1, rpc: 2 }));
  assert.equal(quiet.code, 0);
  assert.match(quiet.comment, /Nothing to do/);
});

test('a plan that is refused fails the job and says why; the planning account cannot apply', async () => {
  const planned = await pull('more', of({ validators: 1, rpc: 3 }));
  const env = { APPROVED_PLAN: planned.id, KUBECONFIG: planner };
  const denied = await approve(planned, env);
  assert.notEqual(denied.code, 0);
  assert.match(denied.stdout + denied.stderr, /forbidden/);
  assert.ok((await setsOf()).includes('rpc-east: 2'));
  const path = `/apis/apps/v1/namespaces/${NETWORK}/statefulsets/rpc-east?fieldManager=by-hand&force=true`;
  const metadata = { name: 'rpc-east' };
  const hand = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: { replicas: 2 } };
  assert.equal((await plane.request('PATCH', path, hand, 'application/apply-patch+yaml')).status, 200);
  const refused = await pull('conflict', of({ validators: 1, rpc: 4 }));
  assert.equal(refused.code, 3, refused.stderr);
  assert.match(
    refused.comment,
    /\*\*Refused\.\*\*[\s\S]*set by another manager: \.spec\.replicas \\\(by-hand\\\)/,
  );
  const broken = clone('broken', 'format: watchbill/network/1\n');
  assert.equal((await step(broken, 'plan')).code, 2);
  assert.match(readFileSync(join(broken, 'ci-plan/comment.md'), 'utf8'), /failed with exit status 2/);
});

test('both files of CI systems call the script, each job with the kubeconfig of its account', () => {
  for (const [file, jobs] of [
    ['github.yml', (text: string) => (parse(text) as { jobs: Record<string, unknown> }).jobs],
    ['gitlab.yml', (text: string) => parse(text) as Record<string, unknown>],
  ] as const) {
    const all = jobs(readFileSync(join(CI, file), 'utf8'));
    for (const [job, other] of [
      ['plan', 'APPLY_KUBECONFIG'],
      ['apply', 'PLAN_KUBECONFIG'],
    ] as const) {
      const text = JSON.stringify(all[job]);
      assert.match(text, new RegExp(`sh ci/pipeline\\.sh ${job}\\b`));
      assert.ok(text.includes(`${job.toUpperCase()}_KUBECONFIG`) && !text.includes(other), `${file} ${job}`);
    }
    assert.match(JSON.stringify(all.apply), /production/);
  }
});
