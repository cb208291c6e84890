import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { withTwo } from './testing/members.ts';

test('a connection that ends in the moment a stream is opened does not end the process', () =>
  withTwo({}, async (zero) => {
    const faults: Error[] = [];
    const note = (error: Error): void => void faults.push(error);
    process.on('uncaughtException', note);
    try {
      for (const connection of zero.mesh.node.getConnections()) {
        const opening = connection.newStream('/ipfs/ping/1.0.0');
        connection.abort(new Error('in this very moment'));
        await assert.rejects(opening);
      }
      await turn();
    } finally {
      process.off('uncaughtException', note);
    }
    assert.deepEqual(faults, []);
  }));
