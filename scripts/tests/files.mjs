// Runs the files of tests of its command line in this process, one after the other. In place of `--test` with
// `--test-isolation=none`, which loads `node:test` before any `--import`.

import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

for (const file of process.argv.slice(2)) {
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    test(file, () => Promise.reject(error));
  }
}
