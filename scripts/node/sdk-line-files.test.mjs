// The manifest of SDK lines agrees with the crates and with both locks.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SUBSTRATE } from './cargo.mjs';
import {
  dependenciesOf,
  memberFiles,
  missingFromLock,
  readLines,
  releaseFiles,
  versionsOf,
  WORKSPACE_LOCK,
  withVersions,
  workspaceFiles,
} from './sdk-line-files.mjs';
import { askedBy } from './umbrella.mjs';

const REMEDY = 'run: npm run gate:lines';
const SDK_CRATE = /^(?:sp|sc|frame|pallet|polkadot|cumulus|substrate)-/;
const LINE = {
  name: '1.2',
  node: '1',
  runs: 'no',
  lock: '1.2/Cargo.lock',
  crates: { 'sp-api': '44.0.0', 'sp-core': '43.0.0' },
};
const MANIFEST = `[package]
name = "fake"
version = "43"

[dependencies]
sp-api = "43"
sp-core = { version = "43", default-features = false }
sp-io = { features = ["x"], version = "48" }
codec = { package = "parity-scale-codec", version = "3.7" }
fake-client = { path = "../client" }

[dev-dependencies]
futures = "0.3"
`;

const lockOf = ({ lock }) => readFileSync(join(SUBSTRATE, 'sdk-lines', lock), 'utf8');
const lockedVersions = (lock, name) =>
  [...lock.matchAll(/^name = "([^"]+)"\nversion = "([^"]+)"$/gm)]
    .filter(([, each]) => each === name)
    .map(([, , version]) => version);
/** Whether `version` is what a caret requirement on `wanted` takes. */
const satisfies = (version, wanted) => {
  const [major, minor, patch] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor, wantedPatch] = wanted.split('.').map(Number);
  if (major !== wantedMajor) return false;
  if (major === 0 && minor !== wantedMinor) return false;
  return minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch);
};

test('two lines are named, newest first, and one of them is that of the workspace', () => {
  const names = readLines().map(({ name }) => name);
  assert.equal(names.length, 2);
  assert.deepEqual(names, names.toSorted().reverse());
  assert.equal(readLines().filter(({ lock }) => lock === WORKSPACE_LOCK).length, 1);
});

for (const line of readLines()) {
  test(`line ${line.name}: its lock has every crate that a member names, in the version of the line`, () => {
    const lock = lockOf(line);
    assert.deepEqual(missingFromLock(lock, memberFiles()), [], REMEDY);
    const manifests = [...memberFiles()].filter(([name]) => name.endsWith('/Cargo.toml'));
    const named = new Set(manifests.flatMap(([, text]) => dependenciesOf(text.toString())));
    const ofTheSdk = [...named].filter((name) => SDK_CRATE.test(name));
    assert.ok(ofTheSdk.length > 8, `${ofTheSdk}`);
    for (const name of ofTheSdk) {
      const wanted = line.crates[name] ?? assert.fail(`lines.json has no ${name}; ${REMEDY}`);
      const locked = lockedVersions(lock, name);
      assert.ok(
        locked.some((version) => satisfies(version, wanted)),
        `${name} is locked at ${locked}, line ${line.name} has ${wanted}; ${REMEDY}`,
      );
    }
  });
}

test('the crates of a line have its number, its versions, a licence, and no link that leaves them', () => {
  const [main, other] = readLines().map((line) => releaseFiles(line, 'the lock'));
  const [number] = readLines().map(({ name }) => name.split('.')[0]);
  const text = (files, path) => `${files.get(path)}`;
  assert.match(text(main, 'gate/Cargo.toml'), new RegExp(`^version = "0[.]${number}[.]0"$`, 'm'));
  assert.match(text(main, 'wiring/Cargo.toml'), new RegExp(`^watchbill-gate = .*"0[.]${number}[.]0"`, 'm'));
  assert.notEqual(text(main, 'gate/Cargo.toml'), text(other, 'gate/Cargo.toml'));
  assert.equal(text(main, 'client/Cargo.toml'), text(other, 'client/Cargo.toml'));
  assert.match(text(main, 'gate/README.md'), /Why that holds \(`docs.duty.explanation.safety.md`\)/);
  for (const member of ['client', 'gate', 'wiring']) {
    assert.match(text(main, `${member}/LICENSE`), /Apache License/);
    assert.doesNotMatch(text(main, `${member}/README.md`), /\(\.\./);
  }
});

test('only versions of the line change, and each stays as exact as it was', () => {
  const changed = withVersions(MANIFEST, new Map(Object.entries(LINE.crates))).split('\n');
  const before = MANIFEST.split('\n');
  const differing = changed.filter((text, index) => text !== before[index]);
  assert.deepEqual(differing, ['sp-api = "44"']);
  const newer = new Map(Object.entries({ 'sp-core': '44.0.0', 'sp-io': '49.1.0', futures: '0.4.1' }));
  const text = withVersions(MANIFEST.replace('"0.3"', '"=0.3.0"'), newer);
  assert.match(text, /^sp-core = \{ version = "44", default-features = false \}$/m);
  assert.match(text, /^sp-io = \{ features = \["x"\], version = "49" \}$/m);
  assert.match(text, /^futures = "=0[.]4[.]1"$/m);
  assert.match(text, /^version = "43"$/m, 'not that of the package');
});

test('a dependency is named with its version, and not the package itself or a path', () => {
  assert.deepEqual(dependenciesOf(MANIFEST), ['sp-api', 'sp-core', 'sp-io', 'codec', 'futures']);
});

test('a crate that a lock lacks is named by its package', () => {
  const files = new Map([['fake/Cargo.toml', Buffer.from(MANIFEST)]]);
  const lock = ['fake', 'sp-api', 'sp-core', 'futures']
    .map((name) => `[[package]]\nname = "${name}"\n`)
    .join('\n');
  assert.deepEqual(missingFromLock(lock, files), ['parity-scale-codec', 'sp-io']);
});

test('the workspace has the members, the lock, and no other manifest', () => {
  const files = new Map([
    ['fake/Cargo.toml', Buffer.from(MANIFEST)],
    ['fake/src/lib.rs', Buffer.from('//')],
  ]);
  const workspace = workspaceFiles(LINE, 'the lock', files);
  assert.deepEqual([...workspace.keys()], ['Cargo.toml', 'Cargo.lock', 'fake/Cargo.toml', 'fake/src/lib.rs']);
  assert.match(`${workspace.get('Cargo.toml')}`, /^members = \["fake"\]$/m);
  assert.equal(`${workspace.get('Cargo.lock')}`, 'the lock');
  assert.match(`${workspace.get('fake/Cargo.toml')}`, /^sp-api = "44"$/m);
});

test('versions come from the umbrella crate of the line', () => {
  const files = new Map([['fake/Cargo.toml', Buffer.from(MANIFEST)]]);
  const dependencies = [
    { name: 'sp-api', req: '^44.0.0' },
    { name: 'sc-service', req: '^0.62.0' },
    { name: 'pallet-unused', req: '^1.0.0' },
  ];
  const metadata = {
    packages: [
      { name: 'umbrella', dependencies: [] },
      { name: 'polkadot-sdk', dependencies },
    ],
  };
  const versions = askedBy(metadata, '1.2');
  assert.deepEqual(versionsOf(versions, files), { 'sc-service': '0.62.0', 'sp-api': '44.0.0' });
  assert.throws(() => askedBy({ packages: [] }, '1.2'), /no polkadot-sdk 1[.]2[.]0/);
});
