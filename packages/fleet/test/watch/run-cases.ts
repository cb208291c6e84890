import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { type Case, DAY, WEEK } from './case.ts';
import { run } from './programs.ts';

/** How far apart values and evaluations are. */
const INTERVALS = [
  { interval: '1m', from: 0, to: DAY },
  { interval: '10m', from: DAY, to: WEEK },
  { interval: '6h', from: WEEK, to: Number.POSITIVE_INFINITY },
] as const;

interface Rules {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly { readonly alert: string }[];
  }[];
}

/**
 * Runs cases of one kind against a rules file: in all of them the alert must fire, or must not. Each alert
 * runs alone, which saves time.
 */
export function runCases(folder: string, yaml: string, cases: readonly Case[], firing: 0 | 1): void {
  const { groups } = parse(yaml) as Rules;
  const files = [...new Set(cases.map(({ alert }) => alert))].flatMap((alert) => {
    const own = groups.map((group) => ({
      ...group,
      rules: group.rules.filter((rule) => rule.alert === alert),
    }));
    const rules = { groups: own.filter((group) => group.rules.length > 0) };
    writeFileSync(join(folder, `rules-${alert}.json`), JSON.stringify(rules));
    return INTERVALS.flatMap(({ interval, from, to }) => {
      const some = cases.filter((one) => one.alert === alert && one.minutes >= from && one.minutes < to);
      if (some.length === 0) return [];
      const file = join(folder, `tests-${alert}-${interval}.json`);
      const tests = some.map((one) => testOf(one, interval, firing));
      const content = { rule_files: [`rules-${alert}.json`], evaluation_interval: interval, tests };
      writeFileSync(file, JSON.stringify(content));
      return [file];
    });
  });
  run('promtool', 'test', 'rules', ...files);
}

function testOf({ series, alert, minutes }: Case, interval: string, firing: 0 | 1): object {
  return {
    interval,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
        eval_time: `${minutes}m`,
        exp_samples: [{ labels: '{}', value: firing }],
      },
    ],
  };
}

/** Tests rules by their cases: each alert has one in which it fires, and one in which it does not. */
export function testRules(yaml: string, names: readonly string[], cases: readonly Case[]): void {
  test('the rules pass the check of Prometheus, and every alert has both cases', (context) => {
    const file = join(temporaryFolder(context), 'rules.yaml');
    writeFileSync(file, yaml);
    run('promtool', 'check', 'rules', '--lint-fatal', file);
    for (const name of names) {
      const fires = cases.filter(({ alert }) => alert === name).map((one) => one.fires);
      assert.ok(fires.includes(true) && fires.includes(false), `${name} lacks a case`);
    }
    assert.equal(new Set(names).size, names.length);
    assert.equal(new Set(cases.map(({ alert }) => alert)).size, names.length);
  });

  for (const count of [1, 0] as const)
    test(count === 1 ? 'what must fire fires' : 'what must stay silent is silent', (context) =>
      runCases(
        temporaryFolder(context),
        yaml,
        cases.filter(({ fires }) => fires === (count === 1)),
        count,
      ),
    );
}
