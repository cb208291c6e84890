// Runs the files of tests of its command line in this process, each in a separate suite, so that its hooks
// count for its own tests. In place of `--test` with `--test-isolation=none`, where a `beforeEach` of one
// file runs before each test of every file, and which loads `node:test` before any `--import`.

import { createRequire } from 'node:module';
import { describe } from 'node:test';

const require = createRequire(import.meta.url);
const awaiting = [];
for (const file of process.argv.slice(2))
  describe(file, () => {
    try {
      // A suite holds what is declared before its function returns, so `import()` would be too late.
      require(file);
    } catch (error) {
      if (error.code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
      awaiting.push(file);
    }
  });
// Files that await something before their first test are in no suite.
for (const file of awaiting) await import(file);
