import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, fault, PackageFault, usageFault } from './fault.ts';

test('a fault has the texts of all its problems', () => {
  const problems = [
    { what: 'node: it is missing', where: 'a.yaml:3:1', remedy: 'add it' },
    { what: 'port: 0 is too small', where: null, remedy: 'give 1 or more' },
  ];
  const error = new Fault('config', 'usage', problems, new Error('inner'));
  assert.equal(error.message, 'node: it is missing; port: 0 is too small');
  assert.deepEqual([error.name, error.code, error.kind], ['Fault', 'config', 'usage']);
  assert.deepEqual(error.problems, problems);
  assert.equal((error.cause as Error).message, 'inner');
});

test('a fault of one thing has no place unless it is given', () => {
  const error = fault('busy', 'denied', { what: 'another run uses it', remedy: 'wait' });
  assert.deepEqual(error.problems, [{ what: 'another run uses it', where: null, remedy: 'wait' }]);
  assert.equal('cause' in error, false);
  assert.deepEqual(usageFault('no value', 'add it', 'flag --port').problems, [
    { what: 'no value', where: 'flag --port', remedy: 'add it' },
  ]);
  assert.equal(usageFault('no value', 'add it').kind, 'usage');
});

test('the fault of a package is a fault with one problem', () => {
  class DiskFault extends PackageFault<'full'> {
    override readonly name = 'DiskFault';
  }
  const error: Fault = new DiskFault('full', 'the disk is full', 'free space on it');
  assert.ok(error instanceof Fault);
  assert.deepEqual([error.name, error.code, error.kind], ['DiskFault', 'full', 'fault']);
  assert.deepEqual(error.problems, [{ what: 'the disk is full', where: null, remedy: 'free space on it' }]);
});
