import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { runFake } from '../testing/run-duty.ts';

const folder = () => temporaryFolder();
const mode = (path: string) => statSync(path).mode & 0o777;

test('init makes a valid configuration, a closed data folder and a closed token', async () => {
  const cwd = folder();
  const ran = await runFake(['init', '--name', 'one'], { cwd });
  assert.equal(ran.code, 0);
  assert.equal(mode(join(cwd, 'data')), 0o700);
  assert.equal(mode(join(cwd, 'secrets', 'operator.token')), 0o600);
  const token = readFileSync(join(cwd, 'secrets', 'operator.token'), 'utf8');
  assert.match(token, /^[A-Za-z0-9_-]{43}\n$/);
  assert.ok(!ran.all.includes(token.trim()));
  assert.match(ran.stdout, /watchbill serve/);
  const check = await runFake(['config', 'check'], { cwd });
  assert.equal(check.code, 0, check.stderr);
  assert.equal(check.stderr, '');
});

test('every line of the commented file can be switched on, and shows a default', async () => {
  const cwd = folder();
  await runFake(['init'], { cwd });
  const file = join(cwd, 'watchbill.yaml');
  const withDefaults = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => (/^ +# \w+: (?!"")/.test(line) && !line.includes('. ') ? line.replace('# ', '') : line))
    .join('\n');
  writeFileSync(file, withDefaults);
  const before = JSON.parse((await runFake(['config', 'print', '--json'], { cwd: folder() })).stdout).values;
  const after = JSON.parse((await runFake(['config', 'print', '--json'], { cwd })).stdout).values;
  const numbers = (values: { path: string; value: unknown }[]) =>
    values.filter(({ value }) => typeof value === 'number').map(({ path, value }) => [path, value]);
  assert.deepEqual(numbers(after), numbers(before));
  assert.ok(after.filter(({ from }: { from: string }) => from.startsWith('watchbill.yaml')).length > 8);
});

test('init with an etcd store writes it down', async () => {
  const cwd = folder();
  await runFake(['init', '--store', 'etcd://a:1,b:2/fleet'], { cwd });
  const print = await runFake(['config', 'print'], { cwd });
  assert.match(print.stdout, /store\.endpoints +\[a:1, b:2\]/);
  assert.match(print.stdout, /store\.prefix +\/fleet\//);
});

test('init never overwrites: whatever exists stops it before anything is made', async () => {
  for (const path of [
    'watchbill.yaml',
    'secrets/operator.token',
    'tls/ca.key',
    'tls/nodes/alpha.pem',
    'data',
  ]) {
    const cwd = folder();
    const place = join(cwd, path);
    mkdirSync(join(place, '..'), { recursive: true });
    writeFileSync(place, 'mine');
    const before = readdirSync(cwd, { recursive: true });
    const ran = await runFake(['init', '--tls', '--node', 'alpha'], { cwd });
    assert.equal(ran.code, 2, path);
    assert.match(ran.stderr, /exists already and is never overwritten/);
    assert.ok(ran.stderr.includes(place));
    assert.equal(readFileSync(place, 'utf8'), 'mine');
    assert.deepEqual(readdirSync(cwd, { recursive: true }), before);
  }
});

test('one error names all files that are in the way, each once', async () => {
  const cwd = folder();
  assert.equal((await runFake(['init', '--tls', '--node', 'alpha'], { cwd })).code, 0);
  const again = await runFake(['init', '--tls', '--node', 'alpha'], { cwd });
  assert.equal(again.code, 2);
  assert.equal(again.stderr.split('never overwritten').length, 2, again.stderr);
  assert.match(again.stderr, /; nor are 10 others: /);
  for (const path of ['watchbill.yaml', 'secrets/operator.token', 'tls/ca.key', 'tls/nodes/alpha.pem'])
    assert.equal(again.stderr.split(join(cwd, path)).length, 2, path);
});

test('init refuses names that would leave the folder or the certificate', async () => {
  for (const args of [
    ['--node', '../x'],
    ['--node', 'a,OU=operator'],
    ['--host', 'http://x'],
    ['--name', ' '],
  ]) {
    const cwd = folder();
    const ran = await runFake(['init', '--tls', ...args], { cwd });
    assert.equal(ran.code, 2, args.join(' '));
    assert.deepEqual(readdirSync(cwd), []);
  }
  assert.equal((await runFake(['init', '--node', 'a'], { cwd: folder() })).code, 2);
});

test('certificates: names, roles, purposes, length of life, closed keys', async () => {
  const cwd = folder();
  const ran = await runFake(
    ['init', '--tls', '--host', 'box.example', '--host', '10.1.2.3', '--node', 'alpha'],
    { cwd },
  );
  assert.equal(ran.code, 0, ran.stderr);
  const read = (name: string) => new X509Certificate(readFileSync(join(cwd, 'tls', `${name}.pem`)));
  const years = (certificate: X509Certificate) =>
    (certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / 31_557_600_000;
  const ca = read('ca');
  assert.ok(ca.ca && ca.verify(ca.publicKey));
  assert.ok(Math.abs(years(ca) - 10) < 0.02);
  const expected = { server: 'server', operator: 'operator', 'nodes/alpha': 'node' };
  for (const [name, role] of Object.entries(expected)) {
    const certificate = read(name);
    assert.ok(certificate.checkIssued(ca) && certificate.verify(ca.publicKey) && !certificate.ca);
    assert.ok(certificate.subject.split('\n').includes(`OU=${role}`), certificate.subject);
    assert.deepEqual(certificate.keyUsage, [role === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2']);
    assert.ok(Math.abs(years(certificate) - 1) < 0.02);
    assert.equal(mode(join(cwd, 'tls', `${name}.key`)), 0o600);
  }
  assert.ok(read('nodes/alpha').subject.split('\n').includes('CN=alpha'));
  for (const host of ['localhost', 'box.example']) assert.equal(read('server').checkHost(host), host);
  for (const address of ['127.0.0.1', '10.1.2.3']) assert.equal(read('server').checkIP(address), address);
  assert.match(read('server').subjectAltName ?? '', /IP Address:0:0:0:0:0:0:0:1/);
  assert.equal(mode(join(cwd, 'tls', 'ca.key')), 0o600);
  assert.ok(existsSync(join(cwd, 'watchbill.yaml')));
  assert.ok(!/PRIVATE KEY/.test(ran.all));
});

test('certificates can be made later; the printed lines make the configuration valid', async () => {
  const cwd = folder();
  assert.equal((await runFake(['init'], { cwd })).code, 0);
  const later = ['init', '--certificates', '--host', 'sentry.example', '--node', 'alpha'];
  const ran = await runFake([...later, '--json'], { cwd });
  assert.equal(ran.code, 0, ran.stderr);
  const { made, lines } = JSON.parse(ran.stdout) as { made: string[]; lines: string };
  assert.equal(made.length, 8);
  const config = join(cwd, 'watchbill.yaml');
  const before = readFileSync(config, 'utf8');
  writeFileSync(config, JSON.stringify(merged(parse(before), parse(lines))));
  const check = await runFake(['config', 'check'], { cwd });
  assert.equal(check.code, 0, check.stderr);
  // A second time would replace keys that are in use.
  assert.equal((await runFake(later, { cwd })).code, 2);
  assert.equal((await runFake(['init', '--certificates', '--tls'], { cwd })).code, 2);
});

type Sections = Readonly<Record<string, object>>;

function merged(first: Sections, second: Sections): Sections {
  return {
    ...first,
    ...Object.fromEntries(Object.entries(second).map(([name, one]) => [name, { ...first[name], ...one }])),
  };
}
