import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from '../testing/run-duty.ts';

const cwd = temporaryFolder();

function file(name: string, text: string, mode = 0o600): string {
  const path = join(cwd, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test('config check says 0 on a valid file and 2 with every problem on a wrong one', async () => {
  const good = file('good.yaml', 'service: { name: a }\n');
  const fine = await runFake(['config', 'check', '--config', good], { cwd });
  assert.equal(fine.code, 0);
  assert.equal(fine.stdout, `${good} is valid\n`);
  const bad = file('bad.yaml', 'nmae: 1\nlog: { level: loud }\n');
  const wrong = await runFake(['config', 'check', '--config', bad], { cwd });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /bad\.yaml:1:1/);
  assert.match(wrong.stderr, /bad\.yaml:2:15/);
  const asJson = await runFake(['config', 'check', '--config', bad, '--json'], { cwd });
  assert.equal(JSON.parse(asJson.stderr).error.problems.length, 2);
  assert.equal(asJson.stdout, '');
});

test('config check looks at the files: missing ones are problems, readable secrets are warnings', async () => {
  const missing = file('missing.yaml', 'operator: { tokenFile: nowhere }\n');
  const lost = await runFake(['config', 'check', '--config', missing], { cwd });
  assert.equal(lost.code, 2);
  assert.match(lost.stderr, /nowhere does not exist/);
  file('wide.token', 'hunter2\n', 0o644);
  const wide = file('wide.yaml', 'operator: { tokenFile: wide.token }\n');
  const warned = await runFake(['config', 'check', '--config', wide], { cwd });
  assert.equal(warned.code, 0);
  assert.match(warned.stderr, /warning: .*wide\.token.*mode 0644.*chmod 600/);
  assert.ok(!warned.all.includes('hunter2'));
  file('wide.token', 'hunter2\n', 0o600);
  assert.equal((await runFake(['config', 'check', '--config', wide], { cwd })).stderr, '');
});

test('config print shows values, where they come from, and secrets only as file names', async () => {
  file('p.token', 'hunter2\n');
  const path = file('p.yaml', 'operator: { tokenFile: p.token }\n');
  const env = { WATCHBILL_LOG_FORMAT: 'text' };
  const args = ['config', 'print', '--config', path, '--service-listen-port', '0'];
  const text = await runFake(args, { cwd, env });
  assert.equal(text.code, 0);
  assert.match(text.stdout, /operator\.tokenFile +\S+p\.token +p\.yaml:1:24/);
  assert.match(text.stdout, /log\.format +text +environment WATCHBILL_LOG_FORMAT/);
  assert.match(text.stdout, /service\.listen\.port +0 +flag --service-listen-port/);
  assert.ok(!text.all.includes('hunter2'));
  const json = JSON.parse((await runFake([...args, '--json'], { cwd, env })).stdout);
  assert.deepEqual(
    json.values.find((value: { path: string }) => value.path === 'log.format'),
    { path: 'log.format', value: 'text', from: 'environment WATCHBILL_LOG_FORMAT' },
  );
});

test('config schema is a JSON Schema in which every value has a description', async () => {
  const { code, stdout } = await runFake(['config', 'schema'], { cwd });
  assert.equal(code, 0);
  const undescribed: string[] = [];
  const visit = (node: SchemaNode, path: string): void => {
    if (node.description === undefined) undescribed.push(path);
    for (const [name, child] of Object.entries(node.properties ?? {})) visit(child, `${path}.${name}`);
  };
  visit(JSON.parse(stdout) as SchemaNode, '');
  assert.deepEqual(undescribed, []);
});

interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}
