import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { COORDINATE_METRICS } from '@watchbill/coordinate';
import { gateSeries } from '@watchbill/duty/alerts/testing/gate-series';
import { METRICS } from '@watchbill/duty/service';
import { GATEWAY_METRICS } from '@watchbill/fleet/gateway';
import { EXPORTER_METRICS } from '@watchbill/fleet/watch/exporter';
import { GUARD_METRICS } from '@watchbill/guard';
import { unreadMetrics } from '@watchbill/kit/metrics';
import { NOMINATE_METRICS } from '@watchbill/nominate/api';
import { ROOT } from '../pinned.mjs';
import { textOf } from './sources.mjs';

const MONITORING = 'packages/*/src/{alerts,watch}/*.{yaml,json}';

/** Series that no alert and no board needs, each with the reason. */
const APART = {
  watchbill_gate_asked_total: 'the board counts the answers to these questions, by outcome',
  watchbill_fleet_finalized_height: 'the boards show the height that each node serves itself',
};

const unread = (tables, texts) => tables.flatMap((table) => unreadMetrics(table, texts)).toSorted();

test('every series is in an alert or a board, or has a reason to be in neither', () => {
  const texts = globSync(MONITORING, { cwd: ROOT }).map((path) => textOf(ROOT, path));
  const ours = [METRICS, GUARD_METRICS, COORDINATE_METRICS, NOMINATE_METRICS, GATEWAY_METRICS];
  assert.deepEqual(unread([...ours, EXPORTER_METRICS, gateSeries()], texts), Object.keys(APART).toSorted());
  assert.deepEqual(unread([[{ name: 'watchbill_lonely' }]], texts), ['watchbill_lonely']);
});
