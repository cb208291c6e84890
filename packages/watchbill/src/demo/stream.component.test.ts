import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { DecisionRecord } from '@watchbill/duty/service';
import { systemClock } from '@watchbill/kit';
import { countDecisions } from './decisions.ts';
import { decisionOf, followDecisions } from './stream.ts';

const one = { id: 1, atMs: 5, outcome: 'denied', reason: 'unit-taken', node: 'alpha-2' };

test('an event holds a decision; comments and nonsense hold none', () => {
  assert.deepEqual(decisionOf(`id: 1\nevent: decision\ndata: ${JSON.stringify(one)}`), one);
  assert.equal(decisionOf(': keep-alive'), null);
  assert.equal(decisionOf('data: {"half'), null);
  assert.equal(decisionOf('data: {"other":1}'), null);
});

test('a stream that is cut in the middle of an event is followed on, and after its end again', async () => {
  const text = `: hello\n\ndata: ${JSON.stringify(one)}\n\n`;
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text.slice(0, 25));
    setImmediate(() => response.end(text.slice(25)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = new AbortController();
  const heard: DecisionRecord[] = [];
  const parts = { url: `http://127.0.0.1:${port}`, secret: 's', clock: systemClock(), signal: stop.signal };
  await followDecisions(parts, (decision) => {
    heard.push(decision);
    if (heard.length === 2) stop.abort();
  });
  server.closeAllConnections();
  server.close();
  assert.deepEqual(heard, [one, one]);
});

test('answers are counted by reason, and the last refusals are kept', () => {
  const { add, counts } = countDecisions();
  const decision = (id: number, outcome: string, reason: string) =>
    add({ ...one, id, outcome, reason } as DecisionRecord);
  decision(1, 'granted', 'new');
  for (let id = 2; id < 9; id++) decision(id, 'denied', 'unit-taken');
  decision(9, 'unknown', 'deadline');
  const { granted, denied, unknown, refusals } = counts();
  assert.deepEqual([granted, denied.get('unit-taken'), unknown.get('deadline')], [1, 7, 1]);
  assert.deepEqual(
    refusals.map((each) => each.id),
    [5, 6, 7, 8, 9],
  );
});
