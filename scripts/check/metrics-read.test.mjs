import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { COORDINATE_METRICS } from '@watchbill/coordinate';
import { METRICS } from '@watchbill/duty/service';
import { GATEWAY_METRICS } from '@watchbill/fleet/gateway';
import { EXPORTER_METRICS } from '@watchbill/fleet/watch/exporter';
import { GUARD_METRICS } from '@watchbill/guard';
import { unreadMetrics } from '@watchbill/kit/metrics';
import { NOMINATE_METRICS } from '@watchbill/nominate/api';
import { ROOT } from '../pinned.mjs';
import { textOf } from './sources.mjs';

const PAGES = 'docs/**/{how-to,explanation,tutorial}/**/*.md';
const MONITORING = 'packages/*/src/{alerts,watch}/*.{yaml,json}';

test('every metric is in an alert, a board or a page for operators', () => {
  const texts = globSync([MONITORING, PAGES], { cwd: ROOT }).map((path) => textOf(ROOT, path));
  const tables = {
    METRICS,
    GUARD_METRICS,
    COORDINATE_METRICS,
    NOMINATE_METRICS,
    GATEWAY_METRICS,
    EXPORTER_METRICS,
  };
  for (const [name, table] of Object.entries(tables)) assert.deepEqual(unreadMetrics(table, texts), [], name);
});
