import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseDynamicImports } from './bundle.mjs';
import { isAllowed } from './licences.mjs';
import { billOfMaterials } from './sbom.mjs';

const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
const locked = (version, more = {}) => ({
  version,
  integrity,
  license: 'MIT',
  resolved: 'https://elsewhere/a.tgz',
  ...more,
});
const manifest = {
  name: 'watchbill-fleet',
  version: '0.1.0',
  license: 'Apache-2.0',
  dependencies: { a: '1.0.0', b: '2.0.0' },
};

test('a licence is allowed by its expression', () => {
  for (const license of ['MIT', 'Apache-2.0', '(GPL-3.0 OR MIT)', '(Apache-2.0 AND BSD-3-Clause)'])
    assert.ok(isAllowed(license), license);
  for (const license of [
    'GPL-3.0',
    '(MIT AND GPL-3.0)',
    'UNLICENSED',
    'SEE LICENSE IN x',
    undefined,
    { type: 'MIT' },
  ])
    assert.ok(!isAllowed(license), String(license));
});

test('a bundled package is not loaded by import()', () => {
  const inputs = (kind, path) => ({
    inputs: { [path]: { imports: [{ kind, path: 'node_modules/undici/index.js' }] } },
  });
  refuseDynamicImports(inputs('import-statement', 'packages/watchbill/src/a.ts'));
  refuseDynamicImports(inputs('dynamic-import', 'node_modules/fastify/fastify.js'));
  assert.throws(
    () => refuseDynamicImports(inputs('dynamic-import', 'packages/watchbill/src/a.ts')),
    /a[.]ts loads node_modules\/undici/,
  );
});

test('a bill of materials depends on its input alone, and on the time that is given', () => {
  const input = {
    manifest: { ...manifest, description: 'an add-on' },
    lock: { packages: { 'node_modules/in': locked('3.0.0'), 'node_modules/@x/a': locked('1.0.0') } },
    bundled: [
      { path: 'node_modules/in', name: 'in', version: '3.0.0', license: '(MIT OR CC0-1.0)' },
      { path: 'node_modules/@x/a', name: '@x/a', version: '1.0.0', license: 'MIT' },
    ],
  };
  const [one, two, timed] = [
    billOfMaterials(input, undefined),
    billOfMaterials(input, undefined),
    billOfMaterials(input, '86400'),
  ];
  assert.deepEqual(one, two);
  assert.equal(one.metadata.timestamp, undefined);
  assert.equal(timed.metadata.timestamp, '1970-01-02T00:00:00.000Z');
  assert.notEqual(one.serialNumber, timed.serialNumber);
  assert.deepEqual(
    one.components.map((part) => part.purl),
    ['pkg:npm/%40x/a@1.0.0', 'pkg:npm/in@3.0.0'],
  );
  assert.equal(one.components[0].hashes[0].content, '07'.repeat(64));
});
