import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { runFake } from '../testing/run-all.ts';

const cwd = temporaryFolder();

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}

const namesIn = (yaml: string) =>
  (parse(yaml) as Rules).groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));

for (const capability of ['service', 'coordinate', 'guard', 'nominate', 'fleet']) {
  test(`${capability}: the list, the rules and the dashboards are about the same alerts`, async () => {
    const listed = await runFake(['monitor', 'alerts', '--of', capability, '--json'], { cwd });
    assert.equal(listed.code, 0, listed.stderr);
    const groups = JSON.parse(listed.stdout) as readonly {
      alerts: readonly { name: string; means: string }[];
    }[];
    const alerts = groups.flatMap((group) => group.alerts);
    const { stdout } = await runFake(['monitor', 'rules', '--of', capability], { cwd });
    assert.deepEqual(
      namesIn(stdout),
      alerts.map(({ name }) => name),
    );
    for (const { name, means } of alerts) assert.match(means, /^[A-Z`].*[.]$/s, name);
    const drawn = await runFake(
      ['monitor', 'dashboards', '--of', capability, '--out', capability, '--json'],
      { cwd },
    );
    assert.equal(drawn.code, 0, drawn.stderr);
    const { dashboards } = JSON.parse(drawn.stdout) as { dashboards: readonly { file: string }[] };
    assert.deepEqual(readdirSync(join(cwd, capability)), dashboards.map(({ file }) => file).toSorted());
  });
}

test('the list for people has no placeholders of Prometheus', async () => {
  const { stdout } = await runFake(['monitor', 'alerts'], { cwd });
  assert.match(stdout, /WatchbillKeyFrozen +page +0m +the key <key> is frozen/);
  assert.doesNotMatch(stdout, /\{\{/);
});

test('rules are written into a new file, and an existing one is left', async () => {
  const run = () => runFake(['monitor', 'rules', '--out', 'rules.yaml'], { cwd });
  const made = await run();
  assert.equal(made.code, 0, made.stderr);
  assert.ok(namesIn(readFileSync(join(cwd, 'rules.yaml'), 'utf8')).includes('WatchbillNobodyGrants'));
  assert.notEqual((await run()).code, 0);
});

test('an unknown capability is refused with those that exist', async () => {
  const { code, stderr } = await runFake(['monitor', 'rules', '--of', 'bridges'], { cwd });
  assert.equal(code, 2);
  assert.match(stderr, /service, coordinate, guard, nominate, fleet/);
});
