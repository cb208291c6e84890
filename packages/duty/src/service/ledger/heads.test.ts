import assert from 'node:assert/strict';
import { test } from 'node:test';
import { higherPosition, type Position } from './heads.ts';

const at = (epoch: string, seq: bigint, hash = `${epoch}${seq}`): Position => ({ epoch, seq, hash });

test('the head is the higher seq of an epoch, the first of two twins, and of the epoch that was met last', () => {
  const [five, six, twin] = [at('e1', 5n), at('e1', 6n), at('e1', 5n, 'bb')];
  assert.deepEqual([higherPosition(five, six, true), higherPosition(six, five, true)], [six, six]);
  assert.equal(higherPosition(five, twin, true), five);
  assert.deepEqual(higherPosition(at('e1', 80n), at('e2', 51n), false), at('e2', 51n), 'a lower seq');
  assert.deepEqual(higherPosition(at('e2', 51n), at('e1', 81n), true), at('e2', 51n), 'a late entry');
  assert.deepEqual(higherPosition(null, at('e1', 9n), false), at('e1', 9n));
});
