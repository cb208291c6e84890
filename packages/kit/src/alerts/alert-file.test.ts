import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../index.ts';
import { alertsIn, rulesFile } from './index.ts';

const TEXT = `
groups:
  - name: disks
    about: disks
    rules:
      - alert: DiskFull
        expr: share{mountpoint="/"} < \${leastShare} and \${more}
        for: 5m
        labels: { severity: page }
        annotations:
          summary: '{{ $labels.instance }} has less than \${leastShare} left'
          description: A node whose disk is full stops.
          todo: let it grow
          run: df
  - name: places
    about: places
    rules:
      - alert: PlaceSilent
        expr: \${absentPlaces}
        labels: { severity: ticket }
        annotations: { summary: silent, description: No data., todo: look }
`;
const VALUES = { leastShare: 0.05, more: 'a{b="c: $&"}', absentPlaces: null };

/** The fault of a file that is not as it should be. */
function faultOf(text: string, values: Parameters<typeof alertsIn>[2] = VALUES): string {
  try {
    alertsIn(text, 'disks.yaml', values);
  } catch (cause) {
    if (cause instanceof Fault) return `${cause.problems[0]?.where}: ${cause.message}`;
  }
  return assert.fail('no fault');
}

test('placeholders get their values; an alert whose value is null is left out, and its group if it is empty', () => {
  const groups = alertsIn(TEXT, 'disks.yaml', VALUES);
  assert.deepEqual(groups, [
    {
      name: 'disks',
      about: 'disks',
      alerts: [
        {
          name: 'DiskFull',
          severity: 'page',
          expr: 'share{mountpoint="/"} < 0.05 and a{b="c: $&"}',
          for: '5m',
          summary: '{{ $labels.instance }} has less than 0.05 left',
          means: 'A node whose disk is full stops.',
          todo: 'let it grow',
          run: 'df',
        },
      ],
    },
  ]);
  const [, silent] = alertsIn(TEXT, 'disks.yaml', { ...VALUES, absentPlaces: 'absent(up)' });
  assert.deepEqual(
    silent?.alerts.map(({ expr, for: wait }) => [expr, wait]),
    [['absent(up)', '0m']],
  );
});

test('a rules file for Prometheus has the annotations, and neither `about` nor `run`', () => {
  const text = rulesFile('Alerts.', alertsIn(TEXT, 'disks.yaml', VALUES));
  assert.match(text, /^# Alerts\.\ngroups:\n {2}- name: disks\n {4}rules:\n/);
  assert.match(
    text,
    /severity: page\n {8}annotations:\n {10}summary: .*\n {10}description: .*\n {10}todo: .*\n$/,
  );
});

test('a fault names the file and the placeholder, or the field', () => {
  const { absentPlaces, ...rest } = VALUES;
  assert.equal(absentPlaces, null);
  assert.match(
    faultOf(TEXT, rest),
    /^disks[.]yaml: no value has the name of the placeholder \$\{absentPlaces\}/,
  );
  assert.match(
    faultOf(TEXT.replace('for: 5m', 'after: 5m')),
    /^disks[.]yaml: .*groups[.]0[.]rules[.]0.*"after"/,
  );
  assert.match(faultOf(TEXT.replace('page', 'pager')), /rules[.]0[.]labels[.]severity/);
  assert.match(faultOf('groups: ['), /^disks[.]yaml: /);
});
