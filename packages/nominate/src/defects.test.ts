import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/**
 * The table names files relative to this package, the repository, the package that reads chains, or all
 * packages.
 */
const ROOTS = ['./', '../../../', '../../chain/src/', '../../'];

function textOf(file = ''): string {
  const found = ROOTS.map((root) => new URL(`${root}${file}`, import.meta.url)).find((url) =>
    existsSync(url),
  );
  assert.ok(found !== undefined, `${file} is not there`);
  return readFileSync(found, 'utf8');
}

test('the table of the README names the thirty defects, and each named test mentions its defect', () => {
  const rows = [...README.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \|$/gm)];
  assert.deepEqual(
    rows.map(([, number]) => Number(number)),
    Array.from({ length: 30 }, (_, i) => i + 1),
  );
  for (const [, number, where = ''] of rows) {
    const files = [...where.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, file]) => file);
    assert.ok(files.length > 0, `defect ${number} is not shown`);
    for (const file of files) {
      assert.match(textOf(file), new RegExp(`defect ${number}\\b`), `${file} does not name defect ${number}`);
    }
    // A comment is not enough: at least one test has it in its title.
    const title = new RegExp(`\\b(?:test|describe)\\(\\s*['"\`][^'"\`\\n]*defect ${number}\\b`);
    assert.ok(
      files.some((file) => title.test(textOf(file))),
      `no test is called after defect ${number}`,
    );
  }
});
