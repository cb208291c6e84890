import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { entryOf, itemOf, ledgerIn, MARK, rowsIn, temporaryDir } from './testing/ground.ts';

const CHILD = fileURLToPath(new URL('./testing/durability-child.ts', import.meta.url));

test('after kill -9 everything acknowledged is there, and the next process gets in', async (t) => {
  const dir = temporaryDir(t);
  for (const until of [20, 60, 110]) {
    const child = startChild(t, dir);
    const acknowledged = await linesUntil(child, (lines) => lines.length > until);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const ledger = await ledgerIn(t, dir);
    const { size } = statSync(join(dir, 'ledger.db-wal'));
    assert.equal(size, 0, 'the log is synced into the file before it is read');
    const highest = Math.max(...acknowledged.slice(1).map(Number));
    assert.ok(Number(ledger.point(MARK)?.seq) >= highest);
    assert.ok(ledger.decisions({ limit: 1 }).decisions.length > 0);
    await ledger.close();
    const stored = new Set(rowsIn(dir, 'SELECT seq FROM entries').map(([seq]) => Number(seq)));
    for (const line of acknowledged.slice(1)) assert.ok(stored.has(Number(line)), `seq ${line} is missing`);
  }
});

test('a second process and a second opening are refused, and the first goes on', async (t) => {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  await assert.rejects(ledgerIn(t, dir), {
    name: 'LedgerFault',
    message: /another process holds it/,
    remedy: /Stop the other service/,
  });
  // After the refusal within this process the lock must still hold against others.
  const child = startChild(t, dir);
  const [line] = await linesUntil(child, (lines) => lines.length === 1);
  assert.match(line ?? '', /^fault .*another process holds it.* \| Stop the other service/);
  await ledger.append([itemOf(entryOf({ seq: 1n }))]);
  assert.equal(ledger.point(MARK)?.seq, 1n);
});

function startChild(t: TestContext, dir: string): ChildProcess {
  const child = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function linesUntil(child: ChildProcess, enough: (lines: string[]) => boolean): Promise<string[]> {
  const lines: string[] = [];
  if (child.stdout === null) return lines;
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (enough(lines)) break;
  }
  return lines;
}
