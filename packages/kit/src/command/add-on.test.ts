import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../index.ts';
import { addOn, installLine } from './add-on.ts';

const fill = () => undefined;
const missing = (name: string) =>
  Object.assign(new Error(`Cannot find package '${name}' imported from /usr/lib/main.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
const faultOf = (load: Parameters<typeof addOn>[1]): Promise<Fault> =>
  addOn('fleet', load, '1.2.3')().then(
    () => assert.fail('it loaded'),
    (error: Fault) => error,
  );

test('an add-on of the same version fills its command', async () => {
  assert.equal(await addOn('fleet', async () => ({ fill, version: '1.2.3' }), '1.2.3')(), fill);
});

test('a missing add-on is a usage fault with the line that installs it', async () => {
  const { code, kind, problems } = await faultOf(() => Promise.reject(missing('watchbill-fleet')));
  assert.deepEqual([code, kind], ['add-on-missing', 'usage']);
  assert.equal(problems[0]?.what, 'watchbill fleet is in the add-on watchbill-fleet, which is not installed');
  assert.match(
    problems[0]?.remedy ?? '',
    /^npm install -g watchbill-fleet@1\.2\.3 \(from a clone: .*--add-on fleet\)"\)$/,
  );
});

test('an add-on that lacks one of its packages is not a missing add-on', async () => {
  const error = missing('pg');
  assert.equal(await faultOf(() => Promise.reject(error)), error);
});

test('an add-on of another version is refused', async () => {
  const { code, kind, message } = await faultOf(async () => ({ fill, version: '1.2.4' }));
  assert.deepEqual([code, kind], ['add-on-version', 'usage']);
  assert.match(message, /watchbill-fleet, which has version 1\.2\.4; this is watchbill 1\.2\.3/);
});

test('the line installs beside the command: in a project without -g', () => {
  // Three folders above is a package.json, as above node_modules/watchbill/dist in a project.
  const inProject = new URL('../deeper/still/file.ts', import.meta.url).href;
  assert.equal(installLine('fleet', '1.0.0', inProject), 'npm install watchbill-fleet@1.0.0');
  assert.equal(
    installLine('fleet', '1.0.0', 'file:///usr/lib/node_modules/watchbill/dist/main.js'),
    'npm install -g watchbill-fleet@1.0.0',
  );
});
