import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const LOADED = `
import { registerHooks } from 'node:module';
const urls = [];
registerHooks({
  resolve: (name, context, next) => {
    const resolved = next(name, context);
    urls.push(resolved.url);
    return resolved;
  },
});
await import(process.argv[1]);
console.log(urls.join('\\n'));
`;

test('who enters by this door loads neither libp2p nor ws', async () => {
  const door = new URL('./index.ts', import.meta.url).href;
  const options = ['--input-type=module', '--eval', LOADED, '--', door];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  const urls = stdout.trim().split('\n');
  assert.ok(urls.some((url) => url.endsWith('/memory/network.ts')));
  assert.deepEqual(
    urls.filter((url) => /\/node_modules\/(ws|libp2p|@libp2p|@multiformats)\//.test(url)),
    [],
  );
});
