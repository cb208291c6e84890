import assert from 'node:assert/strict';
import test from 'node:test';
import { testSite } from '../testing/site.ts';
import { NOMINATE_METRICS } from './catalogue.ts';

const readingOf = (body: string, series: string) => {
  const line = body.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
};

test('the series show the state of the programme', async (context) => {
  const { get, filled } = await testSite(context, {}, (_store, { nowMs }) => ({
    endpoints: () => [{ role: 'relay', name: 'a.example.org', connected: false, height: null, atMs: null }],
    telemetry: () => [{ name: 'feed', connected: true, sinceMs: nowMs }],
  }));
  const { body, headers } = await get('/metrics');
  assert.match(String(headers['content-type']), /^text\/plain; version=0.0.4/);
  const count = (verdict: string) => filled.standings.filter((one) => one.verdict === verdict).length;
  const wanted: Readonly<Record<string, number>> = {
    'watchbill_nominate_candidates{state="all"}': 60,
    'watchbill_nominate_candidates{state="valid"}': count('valid'),
    'watchbill_nominate_candidates{state="invalid"}': count('invalid'),
    'watchbill_nominate_candidates{state="active"}': filled.standings.filter(({ active }) => active).length,
    watchbill_nominate_snapshot_age_seconds: 240,
    'watchbill_nominate_era{kind="active"}': 2_200,
    'watchbill_nominate_era{kind="current"}': 2_201,
    'watchbill_nominate_era_lag{of="round"}': 0,
    'watchbill_nominate_era_lag{of="points"}': 0,
    'watchbill_nominate_transactions{state="announced"}': 1,
    'watchbill_nominate_transactions{state="planned"}': 2,
    'watchbill_nominate_transactions{state="submitted"}': 0,
    watchbill_nominate_transactions_held: 1,
    'watchbill_nominate_job_state{name="payouts",state="failed"}': 1,
    'watchbill_nominate_job_state{name="payouts",state="running"}': 0,
    'watchbill_nominate_job_progress{name="places"}': 0.65,
    'watchbill_nominate_job_runs{name="payouts",result="failed"}': 3,
    'watchbill_nominate_notices_open{severity="warning"}': 1,
    'watchbill_nominate_endpoint_connected{role="relay",endpoint="a.example.org"}': 0,
    'watchbill_nominate_telemetry_connected{feed="feed"}': 1,
    watchbill_nominate_storage_up: 1,
  };
  for (const [series, value] of Object.entries(wanted)) assert.equal(readingOf(body, series), value, series);
  for (const { name } of Object.values(NOMINATE_METRICS))
    assert.match(body, new RegExp(`^# HELP ${name} `, 'm'), name);
  assert.match(body, /^process_resident_memory_bytes /m);
});

test('an unknown reading has no value, because 0 would be one', async (context) => {
  const { get } = await testSite(context, {}, (store) => ({
    store: { ...store, standings: { ...store.standings, counts: () => Promise.reject(new Error('gone')) } },
  }));
  const { body } = await get('/metrics');
  assert.equal(readingOf(body, 'watchbill_nominate_storage_up'), 0);
  assert.equal(readingOf(body, 'watchbill_nominate_snapshot_age_seconds'), null);
  assert.doesNotMatch(body, /^watchbill_nominate_candidates\{/m);
});
