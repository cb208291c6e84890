import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Fault } from '@watchbill/kit';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { FIELDS } from './fields.ts';
import { type ConfigFlags, loadConfig } from './load.ts';
import { originText } from './origin.ts';

interface Given {
  readonly yaml?: string;
  readonly env?: Record<string, string>;
  readonly flags?: ConfigFlags;
}

function load({ yaml, env = {}, flags = {} }: Given) {
  const cwd = temporaryFolder();
  if (yaml !== undefined) writeFileSync(join(cwd, 'watchbill.yaml'), yaml);
  return { cwd, ...loadConfig(fakeIo({ cwd, env }), flags) };
}

function problemsOf(given: Given): readonly { what: string; where: string | null; remedy: string }[] {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof Fault);
    assert.equal(error.kind, 'usage');
    return error.problems;
  }
  return assert.fail('the configuration was accepted');
}

test('without anything the defaults are in force and say so', () => {
  const { config, file, originOf } = load({});
  assert.equal(file, null);
  assert.equal(config.service.listen.host, '127.0.0.1');
  assert.equal(config.service.listen.port, 8450);
  assert.equal(config.store.kind, 'sqlite');
  assert.equal(originText(originOf('service.listen.port')), 'default');
});

test('flag > environment > file > default, for each kind of value', () => {
  const yaml =
    'service:\n  listen: { port: 1 }\nlog: { level: warn }\nstore: { kind: etcd, endpoints: ["f:1"] }\n';
  const env = { WATCHBILL_SERVICE_LISTEN_PORT: '2', WATCHBILL_STORE_ENDPOINTS: 'a:1, b:2' };
  const flags = { fields: { 'service.listen.port': '3' } };
  assert.equal(load({ yaml }).config.service.listen.port, 1);
  const inEnv = load({ yaml, env });
  assert.equal(inEnv.config.service.listen.port, 2);
  assert.deepEqual(inEnv.config.store.endpoints, ['a:1', 'b:2']);
  const { config, originOf } = load({ yaml, env, flags });
  assert.equal(config.service.listen.port, 3);
  assert.equal(config.log.level, 'warn');
  assert.equal(originText(originOf('service.listen.port')), 'flag --service-listen-port');
  assert.equal(originText(originOf('store.endpoints')), 'environment WATCHBILL_STORE_ENDPOINTS');
  assert.equal(originText(originOf('log.level')), 'watchbill.yaml:3:15');
});

test('every field can be given by the environment', () => {
  for (const field of FIELDS.filter(({ kind }) => kind === 'number')) {
    const { originOf } = load({ env: { [field.env]: String(field.default) } });
    assert.equal(originText(originOf(field.path)), `environment ${field.env}`);
  }
});

test('an unknown key is named with the nearest name, line and column', () => {
  const [problem, ...rest] = problemsOf({ yaml: 'service:\n  listen:\n    prot: 1\n' });
  assert.deepEqual(problem, {
    what: 'unknown key service.listen.prot',
    where: 'watchbill.yaml:3:5',
    remedy: 'did you mean port?',
  });
  assert.deepEqual(rest, []);
});

test('a key that belongs elsewhere is pointed there', () => {
  assert.equal(problemsOf({ yaml: 'dataDir: x\n' })[0]?.remedy, 'did you mean service.dataDir?');
});

test('an unknown variable of one of our sections is a problem; others are not ours', () => {
  const [problem] = problemsOf({ env: { WATCHBILL_STORE_PTH: 'x' } });
  assert.equal(problem?.where, 'environment WATCHBILL_STORE_PTH');
  assert.equal(problem?.remedy, 'did you mean WATCHBILL_STORE_PATH?');
  assert.equal(load({ env: { WATCHBILL_ELSE: '1' } }).file, null);
  const [mistyped] = problemsOf({ env: { WATCHBILL_SERVCE_NAME: 'x' } });
  assert.equal(mistyped?.remedy, 'did you mean WATCHBILL_SERVICE_NAME?');
});

test('wrong types are named at their place, wherever they come from', () => {
  const [inFile] = problemsOf({ yaml: 'limits:\n  maxInFlight: many\n' });
  assert.equal(inFile?.where, 'watchbill.yaml:2:16');
  assert.match(inFile?.what ?? '', /^limits\.maxInFlight: must be a number$/);
  const [inEnv] = problemsOf({ env: { WATCHBILL_LIMITS_MAX_IN_FLIGHT: 'many' } });
  assert.equal(inEnv?.where, 'environment WATCHBILL_LIMITS_MAX_IN_FLIGHT');
  const [inFlag] = problemsOf({ flags: { fields: { 'log.level': 'loud' } } });
  assert.equal(inFlag?.where, 'flag --log-level');
  assert.match(inFlag?.remedy ?? '', /debug, info, warn, error, silent/);
});

test('everything that is wrong is listed at once', () => {
  const yaml = 'service: { nmae: a }\nstore: { kind: etdc, auth: { user: me } }\nport: 1\nlog: 5\n';
  const whats = problemsOf({ yaml, env: { WATCHBILL_LOG_LEVL: 'x' } }).map(({ what }) => what);
  for (const part of [
    'service.nmae',
    'store.kind',
    'store.auth.user',
    'key port',
    'log: ',
    'WATCHBILL_LOG_LEVL',
  ])
    assert.ok(
      whats.some((what) => what.includes(part)),
      `${part} is missing in: ${whats.join(' | ')}`,
    );
});

test('broken YAML and a key that stands twice are problems with a place', () => {
  assert.equal(problemsOf({ yaml: 'a: [1\n' }).at(0)?.where, 'watchbill.yaml:2:1');
  assert.equal(problemsOf({ yaml: 'log: {}\nlog: {}\n' }).at(0)?.where, 'watchbill.yaml:2:1');
  assert.match(problemsOf({ yaml: '- a\n' })[0]?.what ?? '', /^watchbill\.yaml: must be a section/);
});

test('what bears on safety is sent to the ledger', () => {
  for (const key of ['roster', 'policy', 'duties', 'ceilings', 'mode'])
    assert.match(problemsOf({ yaml: `${key}: []\n` })[0]?.remedy ?? '', /watchbill policy apply/);
});

test('a secret given as a value is refused and never repeated', () => {
  const problems = problemsOf({
    yaml: 'store: { auth: { password: hunter2 } }\ntls: { keyFile: [hunter2] }\n',
    env: { WATCHBILL_STORE_AUTH_PASSWORD: 'hunter2' },
    flags: { fields: { 'store.kind': 'hunter2' } },
  });
  assert.ok(problems.some(({ remedy }) => remedy.includes('passwordFile')));
  assert.ok(!JSON.stringify(problems).includes('hunter2'));
});

test('rules between values', () => {
  const cases: readonly [string, RegExp][] = [
    ['tls: { certFile: a }', /certFile is set without tls\.keyFile/],
    ['tls: { clientCaFile: a }', /clientCaFile is set without tls\.certFile/],
    ['store: { tls: { keyFile: a } }', /keyFile is set without store\.tls\.certFile/],
    ['store: { auth: { passwordFile: a } }', /passwordFile is set without store\.auth\.user/],
    ['operator: { certFile: a }', /certFile is set without operator\.keyFile/],
    ['store: { kind: etcd }', /no endpoint/],
    ['store: { kind: tikv }', /tikv and no endpoint/],
    ['store: { kind: tikv, endpoints: ["a:1"], auth: { user: me, passwordFile: p } }', /TiKV has no users/],
    ['service: { listen: { socket: a, port: 1 } }', /socket and also/],
    ['service: { listen: { host: 0.0.0.0 } }', /no TLS/],
  ];
  for (const [yaml, what] of cases) assert.match(problemsOf({ yaml })[0]?.what ?? '', what);
  const open = 'service: { listen: { host: 0.0.0.0 } }\ntls: { certFile: a, keyFile: b }\n';
  assert.equal(load({ yaml: open }).config.service.listen.host, '0.0.0.0');
});

test('the address for other services is https or loopback, and holds no secret', () => {
  const urlOf = (url: string) => problemsOf({ flags: { fields: { 'service.url': url } } });
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['http://192.0.2.2:8499', /in clear/],
    ['http://127.0.0.1.example:8450', /in clear/],
    ['http://ops:hunter2@127.0.0.1', /a user or a password/],
    ['https://hunter2@box1', /a user or a password/],
    ['https://box1?hunter2', /a query/],
    ['https://box1/#hunter2', /a query/],
  ];
  for (const [url, what] of wrong) {
    const [problem, ...others] = urlOf(url);
    assert.match(problem?.what ?? '', what, url);
    assert.equal(problem?.where, 'flag --service-url');
    assert.deepEqual(others, []);
    assert.ok(!JSON.stringify(problem).includes('hunter2'));
  }
  for (const url of ['https://box1:8450', 'http://127.0.0.1:1', 'http://[::1]:1', 'http://localhost:1'])
    assert.equal(load({ flags: { fields: { 'service.url': url } } }).config.service.url, url);
});

test('a socket of a higher layer replaces an address of a lower one, and the other way round', () => {
  const socket = { fields: { 'service.listen.socket': '/run/w.sock' } };
  const overPort = load({ yaml: 'service: { listen: { port: 1 } }', flags: socket });
  assert.equal(overPort.config.service.listen.socket, '/run/w.sock');
  const port = { fields: { 'service.listen.port': '7' } };
  const overSocket = load({ yaml: 'service: { listen: { socket: a } }', flags: port });
  assert.equal(overSocket.config.service.listen.socket, undefined);
  assert.equal(overSocket.config.service.listen.port, 7);
});

test('--store is short for the store section', () => {
  const etcd = load({ flags: { store: 'etcd://a:1,b:2/fleet/' } }).config.store;
  assert.equal(etcd.kind, 'etcd');
  assert.deepEqual(etcd.endpoints, ['a:1', 'b:2']);
  assert.equal(etcd.prefix, '/fleet/');
  const tikv = load({ flags: { store: 'tikv://a:1,b:2/fleet/' } }).config.store;
  assert.deepEqual([tikv.kind, tikv.endpoints, tikv.prefix], ['tikv', ['a:1', 'b:2'], '/fleet/']);
  const [inTikv] = problemsOf({ flags: { store: 'tikv://me:hunter2@a:1' } });
  assert.match(inTikv?.remedy ?? '', /TiKV has no users/);
  assert.ok(!JSON.stringify(inTikv).includes('hunter2'));
  const { config, cwd } = load({ flags: { store: 'sqlite:x/y.db' } });
  assert.equal(config.store.path, join(cwd, 'x/y.db'));
  const [withPassword] = problemsOf({ flags: { store: 'etcd://me:hunter2@a:1' } });
  assert.match(withPassword?.what ?? '', /must not hold a user or a password/);
  assert.ok(!JSON.stringify(withPassword).includes('hunter2'));
  assert.match(problemsOf({ flags: { store: 'memory:' } })[0]?.what ?? '', /no known form/);
});

test('WATCHBILL_STORE is short for the store section too, below the flag', () => {
  const env = { WATCHBILL_STORE: 'etcd://a:1,b:2/mine' };
  const { config, originOf } = load({ env });
  assert.deepEqual(config.store.kind, 'etcd');
  assert.equal(originText(originOf('store.endpoints')), 'environment WATCHBILL_STORE');
  assert.equal(load({ env, flags: { store: 'sqlite:x.db' } }).config.store.kind, 'sqlite');
  assert.throws(() => load({ env: { WATCHBILL_STORE: 'etcd://u:p@a:1' } }), /password/);
});

test('a file that is named must exist; its own folder is the base of relative names', () => {
  assert.match(problemsOf({ flags: { config: 'none.yaml' } })[0]?.what ?? '', /no file none\.yaml/);
  assert.match(problemsOf({ env: { WATCHBILL_CONFIG: 'none.yaml' } })[0]?.where ?? '', /WATCHBILL_CONFIG/);
  const cwd = temporaryFolder();
  const other = temporaryFolder();
  writeFileSync(join(other, 'w.yaml'), 'operator: { tokenFile: t }\n');
  const io = fakeIo({ cwd, env: { WATCHBILL_CONFIG: join(other, 'w.yaml'), WATCHBILL_STORE_PATH: 's' } });
  const { config } = loadConfig(io);
  assert.equal(config.operator.tokenFile, join(other, 't'));
  assert.equal(config.service.dataDir, join(other, 'data'));
  assert.equal(config.store.path, join(cwd, 's'));
});
