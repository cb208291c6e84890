// Every alert with Prometheus' own test program: what makes it fire, and what is near to it and must not.
// Routes with Alertmanager's.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { alertmanagerYaml, type Receivers, receiversShape } from '@watchbill/fleet/watch';
import { temporaryFolder } from '@watchbill/kit/testing';
import { alertsOf, MONITORING, namesOf } from './all.ts';
import { casesOf } from './case.ts';
import { HELD_TWICE_CASES } from './held-twice-cases.ts';
import { run } from './programs.ts';
import { runCases } from './run-cases.ts';

const { rules } = MONITORING.fleet;
const NAMES = namesOf(MONITORING.fleet);
const OF_SERVICES = casesOf('service').filter(({ alert }) => NAMES.includes(alert));
const CASES = [...casesOf('fleet'), ...OF_SERVICES, ...HELD_TWICE_CASES];

test('the rules are good in the eyes of Prometheus, and every alert has a case in which it fires and one in which it does not', (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'rules.yaml'), rules());
  run('promtool', 'check', 'rules', '--lint-fatal', join(folder, 'rules.yaml'));
  assert.equal(new Set(NAMES).size, NAMES.length);
  for (const name of NAMES) {
    const own = CASES.filter(({ alert }) => alert === name);
    assert.ok(
      own.some(({ fires }) => fires),
      `${name} is never seen to fire`,
    );
    assert.ok(name === 'Watching' || own.some(({ fires }) => !fires), `${name} is never seen to be quiet`);
  }
  assert.deepEqual(
    CASES.filter(({ alert }) => !NAMES.includes(alert)),
    [],
  );
});

test('what must fire fires', (context) => {
  runCases(
    temporaryFolder(context),
    rules(),
    CASES.filter(({ fires }) => fires),
    1,
  );
});

test('what must be quiet is quiet', (context) => {
  runCases(
    temporaryFolder(context),
    rules(),
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
  const file = join(temporaryFolder(context), 'alertmanager.yml');
  const text = alertmanagerYaml(RECEIVERS);
  writeFileSync(file, text);
  run('amtool', 'check-config', file);
  const wayOf = (...labels: readonly string[]) =>
    run('amtool', 'config', 'routes', 'test', `--config.file=${file}`, ...labels).trim();
  for (const { name, severity } of alertsOf(MONITORING.fleet))
    assert.equal(wayOf(`alertname=${name}`, `severity=${severity}`, 'network=n'), severity, name);
  assert.match(text, /api_key_file/);
});

test('without a heartbeat list nobody is told every minute; unknown receivers are refused', (context) => {
  const file = join(temporaryFolder(context), 'alertmanager.yml');
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
