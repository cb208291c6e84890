// Every alert with Prometheus' own test program: what makes it fire, and what is near to it and must not. Routes with Alertmanager's.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  alertGroups,
  alertmanagerYaml,
  prometheusYaml,
  type Receivers,
  receiversShape,
  rulesYaml,
  thresholdsShape,
} from '@watchbill/fleet/watch';
import { CASES, type Case, DAY } from './cases.ts';

const LIMITS = thresholdsShape.parse({});

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-watch-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the program printed; throws it where it fails. */
function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Runs cases of one kind: in all of them the alert must fire, or must not. */
function runCases(folder: string, cases: readonly Case[], firing: 0 | 1): void {
  writeFileSync(join(folder, 'rules.yaml'), rulesYaml(LIMITS));
  for (const [interval, some] of [
    ['1m', cases.filter(({ minutes }) => minutes < DAY)],
    ['10m', cases.filter(({ minutes }) => minutes >= DAY)],
  ] as const) {
    const tests = some.map(({ series, alert, minutes }) => ({
      interval,
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
          eval_time: `${minutes}m`,
          exp_samples: [{ labels: '{}', value: firing }],
        },
      ],
    }));
    const file = join(folder, `tests-${interval}.json`);
    writeFileSync(file, JSON.stringify({ rule_files: ['rules.yaml'], evaluation_interval: interval, tests }));
    run('promtool', 'test', 'rules', file);
  }
}

test('the rules are good in the eyes of Prometheus, and every alert has a case in which it fires and one in which it does not', (context) => {
  const folder = folderOf(context);
  writeFileSync(join(folder, 'rules.yaml'), rulesYaml(LIMITS));
  run('promtool', 'check', 'rules', join(folder, 'rules.yaml'));
  const names = alertGroups(LIMITS).flatMap(({ alerts }) => alerts.map(({ name }) => name));
  assert.equal(new Set(names).size, names.length);
  for (const name of names) {
    const own = CASES.filter(({ alert }) => alert === name);
    assert.ok(
      own.some(({ fires }) => fires),
      `${name} is never seen to fire`,
    );
    assert.ok(name === 'Watching' || own.some(({ fires }) => !fires), `${name} is never seen to be quiet`);
  }
  assert.deepEqual(
    CASES.filter(({ alert }) => !names.includes(alert)),
    [],
  );
});

test('what must fire fires', (context) => {
  runCases(
    folderOf(context),
    CASES.filter(({ fires }) => fires),
    1,
  );
});

test('what must be quiet is quiet', (context) => {
  runCases(
    folderOf(context),
    CASES.filter(({ fires }) => !fires),
    0,
  );
});

const RECEIVERS: Receivers = receiversShape.parse({
  receivers: [
    { kind: 'opsgenie', name: 'duty', apiKeyFile: '/etc/alertmanager/opsgenie' },
    {
      kind: 'matrix',
      name: 'room',
      bridgeUrl: 'http://127.0.0.1:3001/alerts',
      secretFile: '/etc/alertmanager/matrix',
    },
    {
      kind: 'mail',
      name: 'mail',
      to: 'ops@example.org',
      from: 'watch@example.org',
      smarthost: 'mail.example.org:587',
      user: 'watch',
      passwordFile: '/etc/alertmanager/mail',
    },
    { kind: 'webhook', name: 'deadman', url: 'https://deadman.example.org/ping' },
  ],
  page: ['duty', 'room'],
  ticket: ['mail'],
  heartbeat: ['deadman'],
});

test('routes are good in the eyes of Alertmanager: pages, tickets and the heartbeat each go their way', (context) => {
  const file = join(folderOf(context), 'alertmanager.yml');
  const text = alertmanagerYaml(RECEIVERS);
  writeFileSync(file, text);
  run('amtool', 'check-config', file);
  const wayOf = (...labels: readonly string[]) =>
    run('amtool', 'config', 'routes', 'test', `--config.file=${file}`, ...labels).trim();
  for (const { name, severity } of alertGroups(LIMITS).flatMap(({ alerts }) => alerts)) {
    const way = name === 'Watching' ? 'heartbeat' : severity;
    const label = name === 'Watching' ? 'heartbeat' : severity;
    assert.equal(wayOf(`alertname=${name}`, `severity=${label}`, 'network=n'), way, name);
  }
  assert.match(text, /api_key_file/);
});

test('without a heartbeat list nobody is told every minute; unknown receivers are refused', (context) => {
  const file = join(folderOf(context), 'alertmanager.yml');
  writeFileSync(file, alertmanagerYaml({ ...RECEIVERS, heartbeat: [] }));
  const way = execFileSync(
    'amtool',
    ['config', 'routes', 'test', `--config.file=${file}`, 'severity=heartbeat'],
    { encoding: 'utf8' },
  );
  assert.equal(way.trim(), 'nobody');
  const bad = receiversShape.safeParse({ ...RECEIVERS, page: ['nobody'] });
  assert.match(bad.error?.issues[0]?.message ?? '', /there is no receiver nobody/);
  assert.equal(receiversShape.safeParse({ ...RECEIVERS, page: [] }).success, false);
});

test('the scrape configuration is good in the eyes of Prometheus, alone and as an agent of one place', (context) => {
  const folder = folderOf(context);
  writeFileSync(join(folder, 'rules.yaml'), rulesYaml(LIMITS));
  const targets = [{ address: '10.0.0.1:9615', node: 'rpc-east-0', pool: 'rpc', role: 'rpc' }];
  const common = {
    network: 'n',
    targets,
    intervalSeconds: 15,
    alertmanagers: ['10.0.0.9:9093'],
    place: 'east',
  };
  const alone = join(folder, 'prometheus.yml');
  writeFileSync(alone, prometheusYaml({ ...common, remoteWriteUrl: null }));
  run('promtool', 'check', 'config', alone);
  const agent = join(folder, 'agent.yml');
  writeFileSync(
    agent,
    prometheusYaml({ ...common, remoteWriteUrl: 'https://central.example.org/api/v1/write' }),
  );
  run('promtool', 'check', 'config', '--agent', agent);
});
