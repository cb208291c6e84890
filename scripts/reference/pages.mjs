import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COORDINATE_METRICS } from '@watchbill/coordinate';
import { gateSeries } from '@watchbill/duty/alerts/testing/gate-series';
import { configJsonSchema } from '@watchbill/duty/config/schema';
import { METRICS, openApiDocument, policyDocument, UNIT_OUTCOMES } from '@watchbill/duty/service';
import { GUARD_METRICS } from '@watchbill/guard';
import { openApiDocument as nominateOpenApi } from '@watchbill/nominate/api';
import { exportPage, exportSchema } from '../../packages/duty/scripts/reference/ledger-export.mjs';
import { peersFiles, savedRuns } from '../../packages/duty/scripts/reference/peers.mjs';
import { policyPage } from '../../packages/duty/scripts/reference/policy.mjs';
import { networkPage } from '../../packages/fleet/scripts/reference/network.mjs';
import { guardFaultsPage, savedFaults } from '../../packages/guard/scripts/reference/guard-faults.mjs';
import { nominatePage } from '../../packages/nominate/scripts/reference/nominate.mjs';
import { nominateConfigurationPage } from '../../packages/nominate/scripts/reference/nominate-configuration.mjs';
import { renderCliReference, renderConfigReference } from '../../packages/watchbill/scripts/reference.ts';
import { ROOT } from '../pinned.mjs';
import { alertsPage } from './alerts.mjs';
import { dutiesPage, metricsPage, reasonsPage, unitsPage } from './catalogues.mjs';
import { httpPage } from './http.mjs';
import { filled, noticed } from './markdown.mjs';
import { museum, museumPage } from './museum.mjs';
import { problemsPage } from './problems.mjs';
import { sdkLinesPage } from './sdk-lines.mjs';

const FORMATTER = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
const FORMAT_TIMEOUT_MS = 60_000;
const GENERATED = 'Generated from the code by `node scripts/generate.mjs`.';

/** Every generated file by its path in `docs`. Depends only on the files of the repository. */
export async function pages() {
  const openApi = await openApiDocument({ version: version() });
  const policySchema = policyDocument.toJSONSchema({ io: 'input' });
  const nominate = nominateOpenApi(version());
  return new Map([
    ['reference/README.md', filled(new URL('index.md', import.meta.url))],
    ['reference/alerts.md', alertsPage()],
    ['reference/cli.md', noticed(renderCliReference())],
    ['duty/reference/configuration.md', noticed(renderConfigReference())],
    ['duty/reference/configuration.schema.json', json(commented(configJsonSchema()))],
    ['duty/reference/duties.md', dutiesPage()],
    ['guard/reference/guard-faults.md', guardFaultsPage(savedFaults())],
    ['duty/reference/http.md', httpPage(openApi)],
    ['reference/metrics.md', metricsPage(METRICS, COORDINATE_METRICS, gateSeries(), GUARD_METRICS)],
    ['reference/museum.md', museumPage(museum())],
    ['nominate/reference/nominate-configuration.md', nominateConfigurationPage()],
    ['fleet/reference/network.md', networkPage()],
    ['nominate/reference/nominate-http.md', nominatePage(nominate)],
    ['nominate/reference/nominate-openapi.json', json(generated(nominate))],
    ['duty/reference/openapi.json', json(generated(openApi))],
    ['duty/reference/ledger-export.md', exportPage(exportSchema())],
    ['duty/reference/ledger-export.schema.json', json(commented(exportSchema()))],
    ...[...peersFiles(savedRuns())].map(([name, text]) => [`duty/reference/${name}`, text]),
    ['duty/reference/policy.md', policyPage(policySchema)],
    ['duty/reference/policy.schema.json', json(commented({ title: 'Policy of one key', ...policySchema }))],
    ['duty/reference/problems.md', problemsPage()],
    ['duty/reference/reasons.md', reasonsPage()],
    ['duty/reference/sdk-lines.md', sdkLinesPage()],
    ['duty/reference/units.md', unitsPage(UNIT_OUTCOMES)],
  ]);
}

function generated(openApi) {
  return { ...openApi, info: { ...openApi.info, 'x-generated': GENERATED } };
}

/** `$comment` is JSON Schema's own member for remarks. */
function commented({ $schema, ...rest }) {
  return { $schema, $comment: GENERATED, ...rest };
}

/** In the form of the repository's formatter, which checks these files too. */
export function json(value) {
  const run = spawnSync(process.execPath, [FORMATTER, 'format', '--stdin-file-path=page.json'], {
    cwd: ROOT,
    input: JSON.stringify(value),
    encoding: 'utf8',
    timeout: FORMAT_TIMEOUT_MS,
    maxBuffer: 64 * 2 ** 20,
  });
  if (run.status !== 0) throw new Error(`the formatter failed: ${run.error?.message ?? run.stderr}`);
  return run.stdout;
}

/** The version of the command. */
export function version() {
  return JSON.parse(readFileSync(join(ROOT, 'packages/watchbill/package.json'), 'utf8')).version;
}
