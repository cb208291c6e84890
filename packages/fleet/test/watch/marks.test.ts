// What the board of the permission service marks and codes, asked of Prometheus: a handover, a freeze and
// its end, and the state of a service as one number.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { boardsOf, MONITORING, questionsOf } from './all.ts';
import { run } from './programs.ts';

const QUESTIONS = boardsOf(MONITORING.service).flatMap(questionsOf);

function exprOf(name: string): string {
  const { expr } = QUESTIONS.find(({ who }) => who.endsWith(`: ${name}`)) ?? {};
  assert.ok(expr !== undefined, name);
  return expr.replaceAll('$key', '.*');
}

const KEY = 'chain="0xc",key="0xk"';
const SERIES = {
  [`watchbill_active_node{instance="s1",${KEY},node="alpha"}`]: '1+0x9 0+0x90',
  [`watchbill_active_node{instance="s1",${KEY},node="bravo"}`]: '0+0x9 1+0x90',
  [`watchbill_active_node_term{instance="s1",${KEY}}`]: '4+0x9 5+0x90',
  [`watchbill_key_frozen{instance="s1",${KEY}}`]: '0+0x29 1+0x9 0+0x60',
  'watchbill_session_state{instance="s1",state="checking"}': '1+0x9 0+0x90',
  'watchbill_session_state{instance="s1",state="serving"}': '0+0x9 1+0x90',
};
const FREEZE = [{ labels: `{${KEY}}`, value: 1 }];
const state = (value: number) => [{ labels: '{instance="s1"}', value }];

/** The question, the minute, and the answer. */
const ASKED = [
  ['Handover', 9, []],
  ['Handover', 10, [{ labels: `{${KEY},node="bravo"}`, value: 1 }]],
  ['Handover', 13, []],
  ['Freeze', 29, []],
  ['Freeze', 30, FREEZE],
  ['Freeze', 35, []],
  ['Freeze lifted', 30, []],
  ['Freeze lifted', 40, [{ labels: `{${KEY}}`, value: 0 }]],
  ['State of each service', 5, state(3)],
  ['State of each service', 15, state(4)],
] as const;

test('a board marks a handover, a freeze and its end at their moments, and knows the state of a service', (context) => {
  const file = join(temporaryFolder(context), 'marks.json');
  const asked = ASKED.map(([name, minute, exp_samples]) => ({
    expr: exprOf(name),
    eval_time: `${minute}m`,
    exp_samples,
  }));
  const input_series = Object.entries(SERIES).map(([series, values]) => ({ series, values }));
  writeFileSync(file, JSON.stringify({ tests: [{ interval: '1m', input_series, promql_expr_test: asked }] }));
  run('promtool', 'test', 'rules', file);
});
