// The files of boards by themselves: their form, their links to the page of alerts, their thresholds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL, alertsOf, boardsOf, LIMITS, MONITORING, namesOf } from './all.ts';
import { boardFaults, linkFaults } from './board-faults.ts';

const BOARDS = ALL.flatMap(boardsOf);
/** Alerts of the permission service that a fleet has too: its own board leads to them. */
const OF_SERVICES = /^(Standby|UnitsMissed)/;

test('boards have the form of Grafana, panels that do not overlap, and no choice that is not there', () => {
  assert.equal(new Set(BOARDS.map(({ uid }) => uid)).size, BOARDS.length);
  assert.deepEqual(BOARDS.flatMap(boardFaults), []);
});

test('each alert has a link from a panel of its capability to its section of the page', () => {
  for (const monitoring of ALL) {
    const names = namesOf(monitoring).filter((name) => name !== 'Watching' && !OF_SERVICES.test(name));
    const own = monitoring === MONITORING.service ? namesOf(monitoring) : names;
    assert.deepEqual(linkFaults(boardsOf(monitoring), own), []);
  }
});

test('a panel turns red where the alert of its series fires', () => {
  const redOf = (title: string) => {
    const panel = BOARDS.flatMap(({ panels }) => panels).find((one) => one.title === title);
    return panel?.fieldConfig?.defaults.thresholds?.steps.find(({ color }) => color === 'red')?.value ?? null;
  };
  const exprOf = (name: string) => ALL.flatMap(alertsOf).find((alert) => alert.name === name)?.expr ?? '';
  assert.equal(redOf('Oldest'), LIMITS.backupHours * 3_600);
  assert.equal(redOf('Longest without a trial'), LIMITS.drillDays * 86_400);
  assert.equal(redOf('Fullest queue'), LIMITS.channelItems);
  for (const [title, alert] of [
    ['Age of the snapshot', 'NominateSnapshotOld'],
    ['Longest wait', 'GuardKeyWaits'],
  ] as const)
    assert.match(exprOf(alert), new RegExp(` > ${redOf(title)}$`), title);
});

test('control: each mistake in a board is found', () => {
  const [board] = boardsOf(MONITORING.service);
  assert.ok(board);
  const [first, second] = board.panels.filter(({ type }) => type === 'stat');
  assert.ok(first && second);
  const wrong = (change: object) => boardFaults({ ...board, ...change }).join('\n');
  const withPanel = (change: object) => wrong({ panels: [{ ...first, ...change }, second] });
  assert.match(wrong({ panles: [] }), /panles/);
  assert.match(withPanel({ type: 'singlestat' }), /panels[.]0: /);
  assert.match(withPanel({ id: second.id }), /two panels have one id/);
  assert.match(withPanel({ gridPos: second.gridPos }), /panels overlap/);
  assert.match(withPanel({ gridPos: { ...first.gridPos, x: 20 } }), /too wide/);
  assert.match(withPanel({ title: 'of $cluster' }), /there is no choice cluster/);
  const target = { ...first.targets?.[0], expr: `up > \${least}` };
  assert.match(withPanel({ targets: [target] }), /has a placeholder/);
  const names = namesOf(MONITORING.service);
  assert.match(linkFaults([board], [...names, 'Newest']).join(), /no panel leads to .*#newest/);
  assert.match(linkFaults([board], names.slice(1)).join(), /leads to no alert/);
});
