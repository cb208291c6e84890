import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { COORDINATE_METRICS } from '@watchbill/coordinate';
import { COORDINATE_DASHBOARD, coordinateAlerts } from '@watchbill/coordinate/alerts';
import { SERVICE_DASHBOARD } from '@watchbill/duty/alerts';
import { METRICS } from '@watchbill/duty/service';
import { GATEWAY_METRICS } from '@watchbill/fleet/gateway';
import { alertGroups, DASHBOARDS, thresholdsShape } from '@watchbill/fleet/watch';
import { EXPORTER_METRICS } from '@watchbill/fleet/watch/exporter';
import { GUARD_METRICS } from '@watchbill/guard';
import { GUARD_DASHBOARD, guardAlerts } from '@watchbill/guard/alerts';
import { unreadMetrics } from '@watchbill/kit/metrics';
import { NOMINATE_METRICS } from '@watchbill/nominate/api';
import { ROOT } from '../pinned.mjs';
import { textOf } from './sources.mjs';

const PAGES = 'docs/**/{how-to,explanation,tutorial}/**/*.md';
const NODE = { network: 'n', node: 'b' };
const EXPECTED = {
  places: ['east'],
  nodes: [{ ...NODE, pool: 'p', role: 'rpc', place: 'east' }],
  claims: [{ namespace: 'n', place: null }],
  backups: [NODE],
  jobs: [{ namespace: 'n', job: 'growth', place: null, minutes: 10 }],
};

test('every metric is in an alert, a board or a page for operators', () => {
  const groups = [...alertGroups(thresholdsShape.parse({}), EXPECTED), guardAlerts(), coordinateAlerts()];
  const boards = [...DASHBOARDS, SERVICE_DASHBOARD, GUARD_DASHBOARD, COORDINATE_DASHBOARD];
  const texts = [
    JSON.stringify([groups, boards]),
    ...globSync(PAGES, { cwd: ROOT }).map((page) => textOf(ROOT, page)),
  ];
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
