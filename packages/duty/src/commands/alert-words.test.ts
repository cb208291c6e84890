import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceMonitoring } from '../alerts/monitoring.ts';
import { ALERT_LIMITS } from '../console/index.ts';
import { CERTIFICATE_DAYS } from '../service/index.ts';
import { alertWords } from './alert-words.ts';

test('every condition that the console names has the words of its alert', () => {
  const words = alertWords();
  for (const [name, labels] of [
    ['WatchbillStoreBehind', ['instance']],
    ['WatchbillServiceNotReady', ['instance']],
    ['WatchbillCertificateEnds', ['instance']],
    ['WatchbillNoMarginLeft', ['instance']],
    ['WatchbillKeyFrozen', ['key', 'chain']],
    ['WatchbillNoActiveNode', ['key', 'chain']],
    ['WatchbillNoParachainKeys', ['node', 'key']],
    ['StandbyWouldNotSign', ['node', 'key', 'value']],
    ['StandbyDrillOld', ['node', 'key']],
  ] as const) {
    const { sentence = '', run = null } = words.get(name) ?? {};
    const found = [...sentence.matchAll(/<(\w+)>/g)].map(([, label]) => label);
    assert.notEqual(sentence, '');
    assert.deepEqual(
      found.filter((label) => !labels.some((one) => one === label)),
      [],
      `${name}: ${sentence}`,
    );
    assert.match(run ?? '', /^watchbill /);
  }
});

test('a console has a sentence without placeholders for every alert of the service', () => {
  const words = alertWords();
  assert.equal(words.size, serviceMonitoring().groups.flatMap(({ alerts }) => alerts).length);
  assert.deepEqual(words.get('GateServiceDown'), {
    sentence: 'the node <instance> gets no answer from <service>',
    todo: 'compare with `WatchbillServiceNotReady`: if that is silent, look at the network',
    run: 'watchbill status',
  });
  assert.equal(words.get('GateSealsUngranted')?.run, null);
  for (const [name, { sentence }] of words) assert.doesNotMatch(sentence, /\{\{|\$/, name);
});

test('the console names a condition at the limits at which its alert fires', () => {
  const alerts = serviceMonitoring().groups.flatMap((group) => group.alerts);
  const exprOf = (wanted: string): string => alerts.find(({ name }) => name === wanted)?.expr ?? '';
  assert.ok(exprOf('StandbyDrillOld').endsWith(` > ${ALERT_LIMITS.drillDays} * 86400`));
  assert.ok(exprOf('WatchbillCertificateEnds').endsWith(` < ${CERTIFICATE_DAYS} * 86400`));
  assert.ok(exprOf('StandbyWouldNotSign').endsWith(` < ${ALERT_LIMITS.leastGranted}`));
});
