import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { ResponseHeaderSchema } from './gen/rpc_pb.js';
import { progress } from './progress.ts';

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
