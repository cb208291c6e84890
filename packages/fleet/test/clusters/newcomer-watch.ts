// Prometheus and Alertmanager with the rules and the routes that the commands of the page wrote, and a
// receiver of alerts.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, managedProcess } from '@watchbill/testkit';
import { startReceiver, type Told } from '../watch/receiver.ts';
import type { Newcomer } from './newcomer-ground.ts';

export interface Watch {
  /** `127.0.0.1:PORT` */
  readonly alertmanager: string;
  /** URL of the receiver. */
  readonly hook: string;
  /** What the receiver got. */
  readonly told: readonly Told[];
  close(): Promise<void>;
}

const METRICS_PORT = 9615;
const LOOK_MS = 500;

/**
 * Waits for the rendered files in `folder`, then starts both. Debian's Prometheus cannot discover pods: the
 * addresses of the pods of the namespace are in a file, with the labels that the rendered scrape
 * configuration sets.
 */
export async function startWatch(
  newcomer: Newcomer,
  { namespace, folder }: { readonly namespace: string; readonly folder: string },
): Promise<Watch> {
  const [alertmanager = 0, prometheus = 0] = await freePorts(2);
  const ends: (() => void)[] = [];
  const receiver = await startReceiver({ after: (work) => void ends.push(work) });
  const own = join(newcomer.folder, 'watch');
  mkdirSync(own);
  const programs = [
    [
      'prometheus-alertmanager',
      `--config.file=${own}/alertmanager.yml`,
      `--storage.path=${own}/alerts`,
      `--web.listen-address=127.0.0.1:${alertmanager}`,
      '--cluster.listen-address=',
    ],
    [
      'prometheus',
      `--config.file=${own}/prometheus.yml`,
      `--storage.tsdb.path=${own}/series`,
      `--web.listen-address=127.0.0.1:${prometheus}`,
    ],
  ].map(([name = '', ...flags]) => ({
    own: managedProcess(name, join(own, `${name}.log`)),
    command: [name, ...flags],
  }));
  let open = true;
  const loop = (async () => {
    while (open && !existsSync(join(folder, 'alertmanager.yml'))) await sleep(LOOK_MS);
    if (!open) return;
    await writeTargets(newcomer, namespace, own);
    writeConfigs(folder, own, alertmanager);
    for (const program of programs) program.own.start(program.command, process.env);
    while (open) {
      await writeTargets(newcomer, namespace, own).catch(() => undefined);
      await sleep(LOOK_MS);
    }
  })();
  return {
    alertmanager: `127.0.0.1:${alertmanager}`,
    hook: receiver.url,
    told: receiver.told,
    close: async () => {
      open = false;
      await loop;
      for (const program of programs) await program.own.kill();
      for (const end of ends) end();
    },
  };
}

/** With the patience of a test. */
function writeConfigs(folder: string, own: string, alertmanager: number): void {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  writeFileSync(
    join(own, 'alertmanager.yml'),
    read('alertmanager.yml')
      .replaceAll(/group_wait: \d+s/g, 'group_wait: 1s')
      // Until the first scrape ends, other nodes may seem gone: then the group was told already.
      .replaceAll(/group_interval: \d+m/g, 'group_interval: 1s'),
  );
  writeFileSync(join(own, 'rules.yaml'), read('rules.yaml').replaceAll('for: 5m', 'for: 5s'));
  writeFileSync(
    join(own, 'prometheus.yml'),
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yaml'],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanager}`] }] }] },
      scrape_configs: [
        { job_name: 'nodes', file_sd_configs: [{ files: ['targets.json'], refresh_interval: '1s' }] },
      ],
    }),
  );
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  }[];
}

async function writeTargets({ plane, kubelet }: Newcomer, namespace: string, own: string): Promise<void> {
  const { body } = await plane.request('GET', `/api/v1/namespaces/${namespace}/pods`);
  const targets = (body as unknown as PodList).items.flatMap(({ metadata: { name, labels } }) => {
    const port = kubelet.pods.get(`${namespace}/${name}`)?.hostPort(METRICS_PORT);
    if (port === undefined || port === null) return [];
    const of = (mark: string) => labels[`watchbill/${mark}`] ?? '';
    const [network, pool, role] = ['network', 'pool', 'role'].map(of);
    const instance = of('node') || name;
    return [
      {
        targets: [`127.0.0.1:${port}`],
        labels: { network, pool, role, instance, place: 'main', endpoint: 'metrics' },
      },
    ];
  });
  // Prometheus may read it at any moment.
  writeFileSync(join(own, 'targets.new'), JSON.stringify(targets));
  renameSync(join(own, 'targets.new'), join(own, 'targets.json'));
}
