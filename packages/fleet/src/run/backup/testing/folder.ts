import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';

/** A folder for the time of a test. */
export function testFolder(context: TestContext): string {
  const folder = temporaryFolder(context);
  return folder;
}

/** Writes files below a folder. */
export function fill(folder: string, contents: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** The files below a folder, by path. */
export function contentsBelow(folder: string): Readonly<Record<string, string>> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const pairs = found.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(folder.length + 1), readFileSync(path, 'utf8')] as const;
  });
  return Object.fromEntries(pairs.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Keys of a node, which no backup may hold: names and contents. */
export const SECRETS: Readonly<Record<string, string>> = {
  [`keystore/62616265${'ab'.repeat(32)}`]:
    '"bottom drive obey lake curtain smoke basket hold race lonely fit walk"',
  [`data/chains/x/keystore/6772616e${'cd'.repeat(32)}`]:
    '"0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"',
  'data/chains/x/network/secret_ed25519': 'p2p-secret-of-thirty-two-bytes!!',
  'node.key': '7b1f2f5c0f5b4d0e9a8c7b6a59483726150f1e2d3c4b5a69788796a5b4c3d2e1',
};
