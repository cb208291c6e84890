// The five walks of CONTRIBUTING.md lead through functions that exist, and each step leads to the next one.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../pinned.mjs';
import { plantTree } from './fixture-tree.mjs';
import { importsOf } from './module-imports.mjs';
import { piecesOf, textOf, without } from './sources.mjs';

const HOP = /`([^`]+[.]ts)`: `(\w+)`(?:, through `([^`]+)`)?/;
/** The door of a room and that of its package may be between two steps. */
const MOST_IMPORTS = 3;
/** The names of `import()`. */
const ANY = '*';
const NOT_CODE = ['comment', 'string', 'template', 'regex'];

/** The steps of each walk, by its name. */
function walksIn(root) {
  const section = textOf(root, 'CONTRIBUTING.md').split('\n## Find your way\n')[1]?.split('\n## ')[0] ?? '';
  const walks = section.split('\n### ').slice(1);
  return new Map(walks.map((text) => [text.split('\n')[0], stepsIn(text)]));
}

function stepsIn(text) {
  const folder = /`(packages\/[^`]+)`/.exec(text)?.[1] ?? '';
  return [...text.matchAll(/^\| \d.*/gm)].map(([row]) => {
    const [, file = '', name = '', through] = HOP.exec(row) ?? [];
    return { file: join(folder, file), name, through: through && join(folder, through) };
  });
}

/** Reads each file of a tree once: its code, the files beside it that it imports, and their names. */
function readerOf(root) {
  const known = new Map();
  return (file) => {
    if (!known.has(file)) {
      const text = existsSync(join(root, file)) ? textOf(root, file) : '';
      const near = importsOf(text).filter((from) => from.startsWith('.'));
      const imports = near.map((from) => join(dirname(file), from));
      const lists = [...text.matchAll(/^(?:import|export) \{([^}]*)\} from '[.]/gm)];
      const names = lists.flatMap(([, list]) => list.match(/\w+/g) ?? []);
      if (/\bimport\(|^import \*/m.test(text)) names.push(ANY);
      known.set(file, { imports, names, code: without(text, piecesOf(text), NOT_CODE) });
    }
    return known.get(file);
  };
}

function bodyOf(read, { file, name }, kinds) {
  const whole = `^(?:export )?(?:async )?(?:${kinds}) ${name}\\b[^]*?\n[}\\]];?\n`;
  return new RegExp(whole, 'm').exec(read(file).code)?.[0] ?? '';
}

/** The words of a function, and those of the functions of its file where it names them. */
function wordsOf(read, { file, name }, kinds = 'function|const', seen = new Set()) {
  if (seen.has(name)) return [];
  seen.add(name);
  const words = bodyOf(read, { file, name }, kinds).match(/\w+/g) ?? [];
  return words.flatMap((word) => [word, ...wordsOf(read, { file, name: word }, 'function', seen)]);
}

function reaches(read, from, to) {
  let files = new Set([from]);
  for (let left = MOST_IMPORTS; left > 0 && !files.has(to); left -= 1)
    files = new Set([...files, ...[...files].flatMap((file) => read(file).imports)]);
  return files.has(to);
}

function calls(read, from, to) {
  const isImported = [to.name, ANY].some((name) => read(from.file).names.includes(name));
  return isImported && reaches(read, from.file, to.file) && wordsOf(read, from).includes(to.name);
}

/** Whether a step hands the data to the next one by itself, or through a port or a door. */
function handsOn(read, step, next) {
  const { through } = next;
  if (through === undefined) return read(step.file).imports.includes(next.file) || calls(read, step, next);
  const meets = reaches(read, through, next.file) || read(next.file).imports.includes(through);
  return meets && reaches(read, step.file, through);
}

/** Steps that are not there, or to which neither the step before nor a caller of it leads. */
function wrongIn(read, steps) {
  /** Steps that are not over, the innermost last. A caller names the next step after the one that is over. */
  const open = [];
  return steps.filter((next, at) => {
    const placeIn = ({ step }) => wordsOf(read, step).indexOf(next.name);
    let isLed = at === 0 || handsOn(read, open.at(-1).step, next);
    while (!isLed && open.length > 1) {
      open.pop();
      const caller = open.at(-1);
      isLed = calls(read, caller.step, next) && placeIn(caller) > caller.reached;
    }
    if (at > 0) open.at(-1).reached = placeIn(open.at(-1));
    open.push({ step: next, reached: -1 });
    return !isLed || !bodyOf(read, next, 'function|const').startsWith('export ');
  });
}

test('CONTRIBUTING.md shows five walks of at most eight steps, and each step leads to the next', () => {
  const walks = walksIn(ROOT);
  const names = ['A claim', 'A network file', 'A candidate list', 'A window', 'A finding of the doctor'];
  assert.deepEqual([...walks.keys()], names);
  const read = readerOf(ROOT);
  for (const [name, steps] of walks) {
    assert.ok(steps.length >= 3 && steps.length <= 8, name);
    assert.deepEqual(wrongIn(read, steps), [], name);
    for (const [i, one] of steps.entries())
      for (const other of steps.slice(i + 1)) {
        const swapped = steps.map((step) => (step === one ? other : step === other ? one : step));
        assert.ok(wrongIn(read, swapped).length > 0, `${name}: ${one.name} in the place of ${other.name}`);
      }
  }
});

test('a step that is missing, private, not called, or in the wrong order is found', (t) => {
  const { root } = plantTree(t, {
    'packages/a/run.ts':
      "import { read } from './read.ts';\nimport { write } from './door.ts';\nexport function run() {\n  read();\n  end();\n}\nfunction end() {\n  write();\n}\n",
    'packages/a/read.ts': "import type { Store } from './store.ts';\nexport function read() {\n}\n",
    'packages/a/door.ts': "export { write } from './write.ts';\n",
    'packages/a/write.ts': 'export function write() {\n}\nfunction hidden() {\n}\n',
    'packages/a/disk.ts': "import type { Store } from './store.ts';\nexport function keep() {\n}\n",
  });
  const wrong = (...rows) => {
    const table = rows.map((row) => `| 1 | ${row} |`).join('\n');
    const steps = stepsIn(`In \`packages/a\`:\n${table}\n`);
    return wrongIn(readerOf(root), steps).map(({ name }) => name);
  };
  const [run, read, write] = ['run', 'read', 'write'].map((name) => `\`${name}.ts\`: \`${name}\``);
  const keep = '`disk.ts`: `keep`';
  assert.deepEqual(wrong(run, read, write), []);
  assert.deepEqual(wrong(run, write, read), ['read']);
  assert.deepEqual(wrong(read, run, write), ['run']);
  assert.deepEqual(wrong(run, read, `${keep}, through \`store.ts\``, write), []);
  assert.deepEqual(wrong(run, read, keep, write), ['keep']);
  assert.deepEqual(wrong(run, '`gone.ts`: `gone`', '`write.ts`: `hidden`'), ['gone', 'hidden']);
});
