// Every import rule is violated once, in one small separate tree, and must fire there; a clean tree must not.

import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import configuration, { ARROWS, OTHER_CONNECTIONS, ROOMS, WAYS_AROUND } from '../.dependency-cruiser.mjs';
import { plantTree } from './check/fixture-tree.mjs';
import { run as readImports } from './check/imports.mjs';
import { problemsOf, run } from './check/mechanisms.mjs';
import { textOf } from './check/sources.mjs';
import { ROOT } from './pinned.mjs';

/** For each rule: a file `a`, of which the import breaks it. In the tree it has the name of the rule. */
const BREACHES = {
  'arrow-kit': { 'packages/kit/src/a.ts': "import { c } from '@watchbill/chain'; export const a = c;" },
  'arrow-chain': {
    'packages/chain/src/a.ts': "import type { D } from '@watchbill/duty/rule'; export type A = D;",
  },
  'arrow-duty': { 'packages/duty/src/rule/a.ts': "import { c } from 'watchbill'; export const a = c;" },
  'arrow-guard': {
    'packages/guard/src/a.ts': "import { f } from '@watchbill/fleet/file/plan'; export const a = f;",
    'packages/fleet/src/file/plan/index.ts': 'export const f = 1;',
  },
  'arrow-fleet': {
    'packages/fleet/src/run/a.ts': "import { g } from '@watchbill/guard'; export const a = g;",
  },
  'arrow-nominate': {
    'packages/nominate/src/a.ts': "import { d } from '@watchbill/duty/rule'; export const a = d;",
  },
  'arrow-coordinate': {
    'packages/coordinate/src/a.ts': "import { d } from '@watchbill/duty/rule'; export const a = d;",
  },
  'arrow-testkit': { 'packages/testkit/src/a.ts': "import { c } from 'watchbill'; export const a = c;" },
  'arrow-watchbill': {
    'packages/watchbill/src/a.ts': "import { o } from '../../other/src/index.ts'; export const a = o;",
    'packages/other/src/index.ts': 'export const o = 1;',
  },
  'entered-by-guard': {
    'packages/guard/src/a.ts': "import { d } from '@watchbill/duty/rule'; export const a = d;",
  },
  'entered-by-fleet': {
    'packages/fleet/src/run/a.ts': "import { d } from '@watchbill/duty/rule'; export const a = d;",
  },
  ...roomBreaches(),
  'kit-alone-commander': {
    'packages/duty/src/rule/a.ts': "import { z } from 'commander'; export const a = z;",
    'node_modules/commander/package.json': '{ "name": "commander", "version": "1.0.0", "main": "index.js" }',
    'node_modules/commander/index.js': 'export const z = 1;',
  },
  'room-door': {
    'packages/duty/src/service/a.ts': "import { b } from '../rule/b.ts'; export const a = b;",
    'packages/duty/src/rule/b.ts': 'export const b = 1;',
  },
  'known-room': {
    'packages/duty/src/other/a.ts': "import { b } from './b.ts'; export const a = b;",
    'packages/duty/src/other/b.ts': 'export const b = 1;',
  },
  'metrics-by-the-kit': {
    'packages/guard/src/a.ts': "import { p } from 'prom-client'; export const a = p;",
    'node_modules/prom-client/package.json':
      '{ "name": "prom-client", "version": "1.0.0", "main": "index.js" }',
    'node_modules/prom-client/index.js': 'export const p = 1;',
  },
  'routes-by-the-kit': {
    'packages/duty/src/service/a.ts': "import { f } from 'fastify'; export const a = f;",
    'node_modules/fastify/package.json': '{ "name": "fastify", "version": "1.0.0", "main": "index.js" }',
    'node_modules/fastify/index.js': 'export const f = 1;',
  },
  'connections-by-the-kit': {
    'packages/guard/src/a.ts': "import { request } from 'node:https'; export const a = request;",
  },
  'commands-on-top': {
    'packages/guard/src/run/a.ts': "import { b } from '../commands/b.ts'; export const a = b;",
    'packages/guard/src/commands/b.ts': 'export const b = 1;',
  },
  'safety-before-preference': {
    'packages/duty/src/service/claim/a.ts': "import { b } from '../preference/b.ts'; export const a = b;",
    'packages/duty/src/service/preference/b.ts': 'export const b = 1;',
  },
  'heart-before-door': {
    'packages/duty/src/service/claim/a.ts': "import { b } from '../http/b.ts'; export const a = b;",
    'packages/duty/src/service/http/b.ts': 'export const b = 1;',
  },
  'chain-for-commands': {
    'packages/duty/src/service/a.ts': "import { c } from '@watchbill/chain'; export const a = c;",
  },
  'commands-decide-nothing': {
    'packages/fleet/src/commands/a.ts': "export const a = () => import('../run/apply/index.ts');",
    'packages/fleet/src/run/apply/index.ts': 'export const a = 1;',
  },
  'known-package': {
    'packages/other/src/a.ts': "import { b } from './b.ts'; export const a = b;",
    'packages/other/src/b.ts': 'export const b = 1;',
  },
  'public-door': {
    'packages/nominate/src/a.ts': "import { b } from '../../chain/src/b.ts'; export const a = b;",
    'packages/chain/src/b.ts': 'export const b = 1;',
  },
  'public-door-from-outside': {
    'test/a.test.ts': "import { b } from '../packages/duty/src/rule/b.ts'; export const a = b;",
    'packages/duty/src/rule/b.ts': 'export const b = 1;',
  },
  'tools-of-one-package': {
    'packages/nominate/test/a.ts': "import { b } from '../../duty/test/b.ts'; export const a = b;",
    'packages/duty/test/b.ts': 'export const b = 1;',
  },
  'by-package-name': {
    'packages/nominate/src/a.ts': "import { c } from '../../chain/src/index.ts'; export const a = c;",
  },
  'no-cycle': {
    'packages/duty/src/rule/a.ts': "import { c } from './c.ts'; export const a = () => c;",
    'packages/duty/src/rule/c.ts': "import { a } from './a.ts'; export const c = () => a;",
  },
  'no-test-folder': {
    'packages/duty/src/service/a.test.ts': "import { x } from '../../../../test/x.ts'; export const a = x;",
    'test/x.ts': 'export const x = 1;',
  },
  'no-test-code': {
    'packages/watchbill/src/a.ts': "import { t } from '@watchbill/testkit'; export const a = t;",
  },
  'no-test-runner': {
    'packages/duty/src/store/a.ts': "import test from 'node:test'; export const a = test;",
  },
  'pure-duty': {
    'packages/duty/src/rule/a.ts': "import { readFileSync } from 'node:fs'; export const a = readFileSync;",
  },
  'listed-dependency': { 'packages/duty/src/rule/a.ts': "import { z } from 'unlisted'; export const a = z;" },
  resolvable: { 'packages/duty/src/rule/a.ts': "import { z } from './absent.ts'; export const a = z;" },
};

/** Each room of a package imports the last one; that one imports a file outside of all rooms. */
function roomBreaches() {
  const breachOf = (name, room, target) => ({
    [`packages/${name}/src/${room}/a.ts`]: `import { b } from '../${target}'; export const a = b;`,
    [`packages/${name}/src/${target}`]: 'export const b = 1;',
  });
  const breaches = Object.entries(ROOMS).flatMap(([name, rooms]) =>
    Object.keys(rooms).map((room, at, { length, [length - 1]: last }) => [
      `room-${name}-${room}`,
      breachOf(name, room, at === length - 1 ? 'b.ts' : `${last}/b.ts`),
    ]),
  );
  return Object.fromEntries(breaches);
}

/** Imports that the rules must let pass. */
const ALLOWED = {
  'packages/duty/src/service/a.ts':
    "import { d } from '../rule/index.ts'; import { s } from '../store/index.ts'; export const a = [d, s];",
  'packages/duty/src/service/b.ts': "import type { C } from './c.ts'; export type B = C; export const b = 1;",
  'packages/duty/src/service/c.ts': "import { b } from './b.ts'; export type C = 1; export const c = b;",
  'packages/duty/src/rule/hash.ts':
    "import { createHash } from 'node:crypto'; export const hash = createHash;",
  'packages/duty/src/rule/a.test.ts':
    "import test from 'node:test'; import 'node:fs'; export const a = test;",
  'packages/duty/test/etcd/a.test.ts':
    "import { suite } from '@watchbill/duty/store/testing/conformance'; export const a = suite;",
};

describe('import rules', () => {
  const rulesBrokenBy = async (t, files) =>
    (await readImports(plant(t, files))).lines.slice(0, -1).map((line) => line.split(':', 1)[0]);

  test('every rule has a breach here', () => {
    const rules = configuration.forbidden.map(({ name }) => name);
    assert.deepEqual(rules.toSorted(), Object.keys(BREACHES).toSorted());
  });
  test('every rule fires for the file that breaks it', async (t) => {
    const named = (rule, text) => text.replace(/([/])a[.](?=(?:test[.])?ts)/, `$1${rule}.`);
    const breaches = Object.entries(BREACHES).flatMap(([rule, files]) =>
      Object.entries(files).map((file) => file.map((text) => named(rule, text))),
    );
    const { lines } = await readImports(plant(t, Object.fromEntries(breaches)));
    for (const rule of Object.keys(BREACHES)) {
      const fired = lines.some((line) => line.startsWith(`${rule}: `) && line.includes(`/${rule}.`));
      assert.ok(fired, `${rule} did not fire:\n${lines.join('\n')}`);
    }
  });
  test('a shipping file must not import a folder `testing`, at any depth', async (t) => {
    const files = {
      'packages/duty/src/rule/window/a.ts': "import { b } from './testing/b.ts'; export const a = b;",
      'packages/duty/src/rule/window/testing/b.ts': 'export const b = 1;',
    };
    assert.deepEqual(await rulesBrokenBy(t, files), ['no-test-code']);
  });
  test('what is allowed passes', async (t) => {
    assert.deepEqual(await rulesBrokenBy(t, ALLOWED), []);
  });
});

test('decision 0001 lists the packages and their imports', () => {
  const page = textOf(ROOT, 'docs/decisions/0001-house.md');
  const section = page.split('\n## Packages\n')[1]?.split('\n## ')[0] ?? '';
  const all = Object.keys(ARROWS);
  const rows = [...section.matchAll(/^\| `([^`]+)` \|[^|\n]+\| ([^|\n]+) \|$/gm)].map(([, name, targets]) => {
    if (targets === 'none') return [name, []];
    return [name, targets === 'all others' ? all.filter((other) => other !== name) : targets.split(', ')];
  });
  assert.deepEqual(Object.fromEntries(rows), ARROWS);
});

/** A tree with the doors of all packages, linked as npm links workspaces, and the given files. */
function plant(context, files) {
  const names = Object.keys(ARROWS);
  const rooms = Object.entries(ROOMS).flatMap(([name, all]) =>
    Object.keys(all).map((room) => [`packages/${name}/src/${room}`, room]),
  );
  const doors = [...names.map((name) => [`packages/${name}/src`, name]), ...rooms].map(([folder, name]) => [
    `${folder}/index.ts`,
    `export const ${name[0]} = 1; export type ${name[0].toUpperCase()} = 1;`,
  ]);
  const manifests = names.map((name) => `packages/${name}/package.json`);
  const { root } = plantTree(context, {
    ...Object.fromEntries([...doors, ...manifests.map((file) => [file, textOf(ROOT, file)])]),
    'packages/duty/src/store/testing/conformance/index.ts': 'export const suite = 1;',
    'node_modules/unlisted/package.json': '{ "name": "unlisted", "version": "1.0.0", "main": "index.js" }',
    'node_modules/unlisted/index.js': 'export const z = 1;',
    'node_modules/@watchbill/links': '',
    ...files,
  });
  for (const name of names) {
    const link = name === 'watchbill' ? name : `@watchbill/${name}`;
    symlinkSync(join(root, 'packages', name), join(root, 'node_modules', link));
  }
  return root;
}

test('a file that is listed with connections still has them', () => {
  for (const file of OTHER_CONNECTIONS)
    assert.match(textOf(ROOT, file), /(?:from |import[(])'(?:node:https?|undici|ws)'/, file);
});

test('each mechanism exists once, and a breach of each is found', () => {
  assert.deepEqual(run(ROOT), { exitCode: 0, lines: [] });
  const past = { ssh: "a('ssh', b)", call: 'fetch(a)', retry: 'Math.min(2 * aMs, b)', table: 'a.padEnd(2)' };
  const words = { isLoopback: "a === '::1'", shellWord: String.raw`'\\''` };
  for (const [name, text] of Object.entries({ ...past, ...words }))
    assert.ok(problemsOf({ 'a.ts': text }, '').includes(`a.ts goes around \`${name}()\``));
  assert.ok(problemsOf({}, '').includes(`${WAYS_AROUND.ssh[1]} is listed`));
  const second = { 'packages/kit/a.ts': 'export function until() {}', 'b.ts': 'export function until() {}' };
  assert.match(problemsOf(second, '| `until()` | a |')[0], /packages\/kit\/a.ts, b.ts/);
});
