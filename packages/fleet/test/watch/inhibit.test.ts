// What one alert hides of others, in a real Alertmanager.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { alertmanagerYaml, receiversShape } from '@watchbill/fleet/watch';
import { freePorts, waitFor } from '@watchbill/testkit';
import { folderUntilExit } from '../nodes/folder.ts';

const WAIT = { timeoutMs: 120_000, everyMs: 50 };
/** Nobody listens there: who is told is not asked here. */
const RECEIVERS = {
  receivers: [{ kind: 'webhook', name: 'hook', url: 'http://127.0.0.1:9/' }],
  page: ['hook'],
};

type Labels = Readonly<Record<string, string>>;

async function alertmanager(context: TestContext): Promise<string> {
  const folder = folderUntilExit('watchbill-watch-');
  const file = join(folder, 'alertmanager.yml');
  writeFileSync(file, alertmanagerYaml(receiversShape.parse(RECEIVERS)));
  const [port = 0] = await freePorts(1);
  const flags = [
    `--config.file=${file}`,
    `--storage.path=${folder}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn('prometheus-alertmanager', [...flags, '--cluster.listen-address='], {
    stdio: 'ignore',
  });
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  const url = `http://127.0.0.1:${port}`;
  const ready = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitFor('Alertmanager is ready', ready, WAIT);
  return url;
}

test('a chain that stands hides what follows from it, a silent place its nodes, a node that is away its tickets', async (context) => {
  const url = await alertmanager(context);
  const page = { severity: 'page' };
  const node = { network: 'n', instance: 'a', place: 'east' };
  const hidden: readonly Labels[] = [
    { alertname: 'NoNewFinality', ...page, network: 'n', chain: 'para', instance: 'b' },
    { alertname: 'NodeGone', ...page, ...node },
    { alertname: 'FewThings', severity: 'ticket', network: 'n', instance: 'c' },
    { alertname: 'FewThings', severity: 'ticket', network: 'n', instance: 'd' },
  ];
  const told: readonly Labels[] = [
    { alertname: 'ChainStands', ...page, network: 'n', chain: 'para' },
    // The relay chain beside it has troubles of its own.
    { alertname: 'NoNewFinality', ...page, network: 'n', chain: 'relay', instance: 'b' },
    { alertname: 'PlaceSilent', ...page, place: 'east' },
    { alertname: 'NodeGone', ...page, ...node, instance: 'c', place: 'west' },
    { alertname: 'NodeDown', ...page, ...node, instance: 'd', place: 'west' },
    { alertname: 'FewThings', severity: 'ticket', network: 'n', instance: 'e' },
  ];
  const sent = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([...hidden, ...told].map((labels) => ({ labels }))),
  });
  assert.ok(sent.ok, await sent.text());
  const hiddenNow = async (): Promise<readonly Labels[]> => {
    const all = (await (await fetch(`${url}/api/v2/alerts`)).json()) as readonly {
      readonly labels: Labels;
      readonly status: { readonly inhibitedBy: readonly string[] };
    }[];
    assert.equal(all.length, hidden.length + told.length);
    return all.filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => labels);
  };
  const text = (labels: Labels) => JSON.stringify(Object.entries(labels).sort());
  await waitFor('all that is hidden is', async () => (await hiddenNow()).length >= hidden.length, WAIT);
  assert.deepEqual((await hiddenNow()).map(text).sort(), hidden.map(text).sort());
});
