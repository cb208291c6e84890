import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAllowed, refusedLicences } from './licences.mjs';

const ALLOWED = ['MIT', 'Apache-2.0', 'Apache-2.0 WITH LLVM-exception', 'ISC'];

test('an expression is allowed if its licences can be met', () => {
  const allowed = [
    'MIT',
    'MIT OR GPL-3.0',
    'GPL-3.0/Apache-2.0',
    'GPL-3.0 / MIT',
    'Apache-2.0 WITH LLVM-exception',
    'Apache-2.0 WITH LLVM-exception OR GPL-3.0',
    '(MIT OR GPL-3.0) AND ISC',
    'GPL-3.0 OR MIT AND ISC',
    'MIT AND ISC OR GPL-3.0',
    '((MIT))',
  ];
  const refused = [
    '',
    'GPL-3.0',
    'MIT AND GPL-3.0',
    'GPL-3.0 AND MIT',
    'MIT WITH Other-exception',
    '(MIT OR GPL-3.0) AND GPL-3.0',
    'GPL-3.0 OR MIT AND GPL-3.0',
    'MIT MIT',
    '(MIT',
    'MIT)',
    'OR',
    'MIT OR',
    'MIT AND',
    'mit',
  ];
  for (const expression of allowed) assert.ok(isAllowed(expression, ALLOWED), expression);
  for (const expression of refused) assert.ok(!isAllowed(expression, ALLOWED), expression);
});

const crate = (name, license, ...deps) => ({ name, license, deps });

/** Metadata of these crates; `~name` is a dependency of tests. */
function metadata(...crates) {
  return {
    packages: crates.map(({ name, license }) => ({ id: `id-${name}`, name, version: '1.0.0', license })),
    resolve: {
      nodes: crates.map(({ name, deps }) => ({
        id: `id-${name}`,
        deps: deps.map((dep) => ({
          pkg: `id-${dep.replace('~', '')}`,
          dep_kinds: [{ kind: dep.startsWith('~') ? 'dev' : null }],
        })),
      })),
    },
  };
}

test('what others link is permissive to the last crate; the node may have more', () => {
  const gpl = 'GPL-3.0-or-later WITH Classpath-exception-2.0';
  const node = crate('watchbill-devnode', gpl, 'sc-service', 'watchbill-gate');
  const service = crate('sc-service', gpl);
  assert.deepEqual(refusedLicences(metadata(node, service, crate('watchbill-gate', 'Apache-2.0'))), []);
  const gate = crate('watchbill-gate', 'Apache-2.0', 'middle', '~tests-only');
  const found = refusedLicences(
    metadata(
      node,
      service,
      gate,
      crate('middle', 'MIT', 'deep'),
      crate('deep', gpl),
      crate('tests-only', gpl),
    ),
  );
  assert.deepEqual(found, [`deep 1.0.0: ${gpl} (below a crate that others link)`]);
});

test('the wiring may need crates that every node has, unless the gate needs them too', () => {
  const gpl = 'GPL-3.0-or-later WITH Classpath-exception-2.0';
  const wiring = crate('watchbill-wiring', 'Apache-2.0', 'sc-client-api', 'watchbill-gate');
  const api = crate('sc-client-api', gpl);
  assert.deepEqual(refusedLicences(metadata(wiring, api, crate('watchbill-gate', 'Apache-2.0'))), []);
  const gate = crate('watchbill-gate', 'Apache-2.0', 'sc-client-api');
  assert.equal(refusedLicences(metadata(wiring, api, gate)).length, 1);
  const copyleft = crate('sc-client-api', 'GPL-3.0-only');
  assert.equal(refusedLicences(metadata(wiring, copyleft), ['GPL-3.0-only']).length, 1);
});

test('the node of a workspace may have further licences, and what others link may not', () => {
  const crates = metadata(
    crate('relay', 'GPL-3.0-only', 'watchbill-gate'),
    crate('watchbill-gate', 'Apache-2.0', 'deep'),
    crate('deep', 'GPL-3.0-only'),
  );
  assert.equal(refusedLicences(crates).length, 2);
  assert.deepEqual(refusedLicences(crates, ['GPL-3.0-only']), [
    'deep 1.0.0: GPL-3.0-only (below a crate that others link)',
  ]);
});

test('an unknown licence and a missing one are refused anywhere', () => {
  const found = refusedLicences(metadata(crate('strange', 'Custom-1.0'), crate('silent', null)));
  assert.deepEqual(found, [
    'strange 1.0.0: Custom-1.0 (below the node)',
    'silent 1.0.0: no licence is named (below the node)',
  ]);
});
