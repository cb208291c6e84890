// What pages claim in a table with the column "shown by" has a test, and the test has that name. The
// comparison of fleet tools has a row for each thing that such tools can do.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '@watchbill/testkit/pages/page-run';

const COLUMN = 'shown by';
/** Cells that claim nothing. */
const NOTHING = /^(no\b|—)/;

interface Claim {
  readonly line: number;
  readonly cells: readonly string[];
  /** What the product does about it: the cell before the last. */
  readonly ours: string;
  readonly evidence: readonly { readonly path: string; readonly title: string }[];
  /** Text of the last cell that is no evidence. */
  readonly rest: string;
}

/** The rows of all tables whose last column is that of the evidence. */
function claimsOf(text: string): readonly Claim[] {
  const claims: Claim[] = [];
  let inTable = false;
  for (const [at, line] of text.split('\n').entries()) {
    const cells = cellsOf(line);
    if (cells === null) inTable = false;
    else if (cells.at(-1) === COLUMN) inTable = true;
    else if (inTable && !/^-+$/.test(cells[0] ?? '')) claims.push(claimOf(at + 1, cells));
  }
  return claims;
}

function cellsOf(line: string): readonly string[] | null {
  if (!/^\|.*\|$/.test(line)) return null;
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}

function claimOf(line: number, cells: readonly string[]): Claim {
  const parts = (cells.at(-1) ?? '').split('<br>').map((part) => part.trim());
  const found = parts.map((part) => /^\[[^\]]+\]\(([^)]+)\): (.+)$/.exec(part));
  return {
    line,
    cells,
    ours: cells.at(-2) ?? '',
    evidence: found.flatMap((match) =>
      match === null ? [] : [{ path: match[1] ?? '', title: match[2] ?? '' }],
    ),
    rest: parts.filter((_, at) => found[at] === null).join(' '),
  };
}

/** Names of the tests and suites of a file. */
function titlesOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/\b(?:test|it|describe)\(\s*(?:'((?:\\.|[^'\\])*)'|`([^`]*)`|"([^"]*)")/g)].map(
    ([, single, back, double]) => (single ?? back ?? double ?? '').replaceAll("\\'", "'"),
  );
}

const pages = globSync('docs/**/*.md', { cwd: ROOT })
  .map((page) => join(ROOT, page))
  .filter((page) => claimsOf(readFileSync(page, 'utf8')).length > 0);

test('there are pages that claim something', () => {
  assert.ok(pages.length >= 3, pages.join());
});

for (const page of pages) {
  describe(`every claim of ${relative(ROOT, page)}`, () => {
    for (const claim of claimsOf(readFileSync(page, 'utf8'))) {
      test(`line ${claim.line}: ${claim.cells[0]}`, () => {
        if (NOTHING.test(claim.ours))
          return assert.deepEqual(claim.evidence, [], 'what is not there has no test');
        assert.equal(claim.rest, '', 'the cell holds tests alone: [file](path): a part of its title');
        assert.ok(claim.evidence.length > 0, 'a claim without a test');
        for (const { path, title } of claim.evidence) {
          const file = resolve(dirname(page), path);
          assert.ok(existsSync(file), `there is no ${path}`);
          const titles = titlesOf(file);
          assert.ok(
            titles.some((one) => one.includes(title)),
            `${path} has no test whose title has "${title}", but:\n${titles.join('\n')}`,
          );
        }
      });
    }
  });
}

/**
 * Features of fleet tools, each of which the comparison has a row for, by the start of its first cell: what
 * others have and this has not is said as well.
 */
const FEATURES: Readonly<Record<string, readonly string[]>> = {
  'one declarative network file, schema-checked': ['One declarative file'],
  'plan, diff, drift, prune; doctor': ['Plan before apply', '`doctor`'],
  'roles, also archive and backup': ['Typed roles'],
  'any Substrate image, solo or parachain; its flags': ['Any Substrate image', 'Flags typed by release'],
  'per-instance override, provenance': ['Settings of one node', 'Where each value comes from'],
  'Terraform for clouds': ['Terraform for clouds'],
  'cross-datacentre, central view, mesh': ['Several places in one file', 'A WireGuard mesh'],
  'scale up and down': ['Scale up and down'],
  'direct access': ['Direct access'],
  'jump server, VPN': ['Terraform for clouds, jump host, VPN'],
  'RPC authentication, rate limit, allow-list': ['RPC authentication', 'Unsafe RPC never leaves'],
  'public RPC load balancing': ['Balancing over RPC nodes'],
  'autoscaling on load, on p99': ['Autoscaling of RPC nodes', 'Scaling by the slowest RPC calls'],
  'storage autoscaling, by days left': ['Storage that grows at', 'Storage that grows by the days'],
  'backup, scheduled and consistent': ['Backup of a stopped node', 'Never a key in a backup'],
  'restore, verify, drill': ['Restore that checks first'],
  'session keys': ['Session keys'],
  'keys and chain do not fit': ['Keys that do not fit the chain'],
  'validator failover': ['Two machines with one key set'],
  'node keys stable': ['Node keys that stay'],
  'secrets: Vault, ESO, KMS, sealed': ['Secrets from Vault'],
  'metrics, logs, dashboards': ['Dashboards', 'Logs in one place'],
  'alerts and tests of alerts': ['Alerts, with tests', 'Alertmanager routes'],
  traces: ['Traces'],
  'canary with analysis and rollback': ['Roll-out by stages'],
  'scheduled upgrade': ['A change at a block'],
  'sync-aware probes': ['Health that knows the chain'],
  'lag self-heal': ['A node that lags heals itself'],
  'wait for the relay chain': ['A parachain node that starts when'],
  'simulation templates': ['Simulation networks', 'A whole network of real nodes'],
  'finality benchmark, throughput': ['Finality benchmark', 'Throughput in the benchmark'],
  'network policy, restricted pods, budgets, spread': ['NetworkPolicy'],
  'pinned digests': ['Images and binaries by digest'],
  'Helm and GitOps output': ['Output for GitOps'],
  'tests without a cloud': ['Tests that need no cloud'],
  'an operator': ['An operator that reconciles'],
};

/** What the comparison says no to, and the words by which the first page of the documents says so. */
const ABSENT: Readonly<Record<string, RegExp>> = {
  'Health that knows the chain': /[Rr]eadiness by lag/,
  'A node that lags heals itself': /restarts of nodes that lag/,
  'Secrets from Vault': /secrets from Vault, External Secrets or a KMS/,
  'A parachain node that starts when': /waits for its relay chain/,
  '`doctor`': /`doctor`/,
  'A WireGuard mesh': /WireGuard mesh/,
  'Scaling by the slowest RPC calls': /autoscaling by p99/,
  'Storage that grows by the days': /growth of storage by days left/,
  'Throughput in the benchmark': /throughput in the benchmark/,
  Traces: /traces/,
  'An operator that reconciles': /operator that reconciles in a loop/,
};

const compared = claimsOf(readFileSync(join(ROOT, 'docs/fleet/explanation/fleet-compared.md'), 'utf8'));
const rowsOf = (start: string) => compared.filter(({ cells }) => cells[0]?.startsWith(start) === true);

describe('the comparison of fleet tools leaves nothing out', () => {
  for (const [feature, starts] of Object.entries(FEATURES))
    test(feature, () => {
      for (const start of starts) assert.equal(rowsOf(start).length, 1, `rows that start with "${start}"`);
    });

  test('what it says no to is told by the first page, and nothing else is', () => {
    const denied = compared.filter(({ ours }) => NOTHING.test(ours));
    const text = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const fleet = /^- Fleet: .*$/m.exec(text)?.[0] ?? '';
    for (const { cells } of denied) {
      const [, words] = Object.entries(ABSENT).find(([start]) => cells[0]?.startsWith(start)) ?? [];
      assert.ok(words !== undefined, `"${cells[0]}" is missing from the list of this test`);
      assert.match(fleet, words);
    }
    assert.equal(denied.length, Object.keys(ABSENT).length);
  });
});
