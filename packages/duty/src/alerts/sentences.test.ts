import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentencesOf } from '@watchbill/kit/alerts';
import { serviceMonitoring } from './monitoring.ts';

test('a console has a sentence without placeholders for every alert of the service', () => {
  const { groups } = serviceMonitoring();
  const sentences = sentencesOf(groups);
  assert.equal(sentences.size, groups.flatMap(({ alerts }) => alerts).length);
  assert.deepEqual(sentences.get('GateServiceDown'), {
    sentence: 'the node <instance> gets no answer from <service>',
    todo: 'compare with `WatchbillServiceNotReady`: if that is silent, look at the network',
    run: 'watchbill status',
  });
  assert.equal(sentences.get('GateSealsUngranted')?.run, null);
  for (const [name, { sentence }] of sentences) assert.doesNotMatch(sentence, /\{\{|\$/, name);
});
