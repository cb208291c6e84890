import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { type ResponseHeader, ResponseHeaderSchema } from './gen/rpc_pb.js';
import type { WentBack } from './options.ts';
import { progress } from './progress.ts';

function header(revision: bigint, clusterId = 1n): ResponseHeader {
  return create(ResponseHeaderSchema, { revision, clusterId });
}

function watched() {
  const steps: WentBack[] = [];
  const noted = progress((detail) => steps.push(detail));
  const answer = (revision: bigint, clusterId = 1n) =>
    noted.answered(noted.begin(), header(revision, clusterId), 'm');
  return { steps, noted, answer };
}

test('rising and equal revisions are not a step back', () => {
  const { steps, answer } = watched();
  for (const revision of [5n, 5n, 6n, 9n]) answer(revision);
  assert.deepEqual(steps, []);
});

test('a lower revision, or another cluster with a higher one, is reported once, with both states', () => {
  const { steps, answer } = watched();
  for (const revision of [5n, 9n, 4n, 4n, 5n]) answer(revision);
  answer(100n, 2n);
  answer(101n, 2n);
  assert.deepEqual(
    steps.map(({ before, now }) => [before.revision, now.revision, now.clusterId]),
    [
      [9n, 4n, '1'],
      [5n, 100n, '2'],
    ],
  );
});

test('an answer is compared with the state when its call began, because answers may overtake each other', () => {
  const { steps, noted, answer } = watched();
  answer(5n);
  const slow = noted.begin();
  answer(9n);
  noted.answered(slow, header(6n), 'm');
  assert.deepEqual(steps, []);
  answer(8n);
  assert.equal(steps.length, 1, 'what was seen is not forgotten by a late answer');
});

test('calls that began before a step back tell nothing more', () => {
  const { steps, noted, answer } = watched();
  answer(9n);
  const [first, second] = [noted.begin(), noted.begin()];
  noted.answered(first, header(3n), 'm');
  noted.answered(second, header(3n), 'm');
  assert.equal(steps.length, 1);
});

test('listeners hear of it until they stop', () => {
  const { noted, answer } = watched();
  let heard = 0;
  const stop = noted.onStepBack(() => {
    heard += 1;
  });
  for (const revision of [9n, 3n]) answer(revision);
  stop();
  answer(1n);
  assert.equal(heard, 1);
});

test('an answer without a header shows nothing, and hides nothing', () => {
  let steps = 0;
  const seen = progress(() => {
    steps += 1;
  });
  const header = (revision: bigint) => create(ResponseHeaderSchema, { revision, clusterId: 1n });
  seen.answered(seen.begin(), header(5n), 'm');
  seen.answered(seen.begin(), undefined, 'm');
  assert.equal(steps, 0);
  seen.answered(seen.begin(), header(4n), 'm');
  assert.equal(steps, 1);
});
